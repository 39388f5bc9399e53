import JSON

extension FieldDeclaration {
    /// The range of a number as its constraints or its description give it:
    /// `greater than or equal to: 1, less than or equal to: 5`, `from 1 to 5`, `0-10`, `out of 10`.
    var range: (low: Double, high: Double)? {
        func bound(_ mark: String) -> Double? {
            text(after: mark, in: description).flatMap { Extraction.numbers(in: $0).first?.doubleValue }
        }
        let low = bound("greater than or equal to: ") ?? bound("greater than: ")
        if let high = bound("less than or equal to: ") ?? bound("less than: ") { return (low ?? 0, high) }
        if let top = bound("out of ") { return (min(low ?? 0, top), top) }
        let numbers = Extraction.numbers(
            in: description.replacing("-", with: " ").replacing("–", with: " ").replacing("…", with: " ")
        )
        .compactMap(\.doubleValue)
        guard numbers.count == 2, numbers[0] < numbers[1] else { return nil }
        return (numbers[0], numbers[1])
    }
}
