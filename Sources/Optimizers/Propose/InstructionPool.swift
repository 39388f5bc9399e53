internal import Programs

/// The distinct instructions of every predictor in the order in which they turned up; the original has the number 0.
struct InstructionPool: Sendable {
    private(set) var texts: [String: [String]]

    init(_ initial: ProgramState) {
        texts = Dictionary(uniqueKeysWithValues: initial.paths.map { ($0, [initial[$0]?.instructions ?? ""]) })
    }

    func choices(for path: String) -> [String] { texts[path] ?? [] }

    /// Takes in what a model wrote for a predictor.
    /// - Returns: the number of a text that is new; nil for nothing, and for what is there already.
    @discardableResult
    mutating func add(_ answer: String, for path: String) -> Int? {
        let text = cleanedInstruction(answer)
        let known = choices(for: path)
        guard !text.isEmpty, !known.contains(text) else { return nil }
        texts[path, default: []].append(text)
        return known.count
    }
}
