internal import JSON

/// How a number is read from a value.
enum NumberReading: String, Sendable, CaseIterable {
    /// The text's number where it is nothing else (`$1,234.50`, `1 234`, `12 %`), else the last number in it (`… #### 18`).
    case lastNumber = "last_number"
    case firstNumber = "first_number"
    /// Only texts that are nothing but a number.
    case whole

    func number(in value: JSON) -> Double? {
        guard let text = value.stringValue else { return value.doubleValue }
        if let number = NumberScanner.wholeNumber(text) { return number }
        switch self {
        case .lastNumber: return NumberScanner.numbers(in: text).last?.value
        case .firstNumber: return NumberScanner.numbers(in: text).first?.value
        case .whole: return nil
        }
    }
}

/// Finds numbers in prose: a sign, digits with or without thousands separators, a fraction, an exponent; `3/4` is one number.
struct NumberScanner {
    struct Match {
        var value: Double
        /// Of scalars; with the sign.
        var range: Range<Int>
    }

    private let scalars: [Unicode.Scalar]

    private init(_ text: some StringProtocol) { scalars = Array(Substring(text).unicodeScalars) }

    static func numbers(in text: String) -> [Match] { NumberScanner(text).all }

    /// The number that a text is, but for blanks, currency and per cent signs and a full stop.
    static func wholeNumber(_ text: String) -> Double? {
        let scanner = NumberScanner(joiningThousands(text))
        let found = scanner.all
        guard found.count == 1 else { return nil }
        let rest = scanner.scalars.indices.filter { !found[0].range.contains($0) }.map { scanner.scalars[$0] }
        return rest.allSatisfy { $0.properties.isWhitespace || $0 == "%" || $0 == "." || $0.isCurrency } ? found[0].value : nil
    }

    /// `1 234 567` as `1234567`; other texts as they are.
    private static func joiningThousands(_ text: String) -> String {
        let groups = text.split(whereSeparator: \.isWhitespace)
            .filter { !$0.unicodeScalars.allSatisfy { $0 == "%" || $0.isCurrency } }
        guard let first = groups.first, groups.count > 1, first.last?.isASCIIDigit == true else { return text }
        let isThousand = { (group: Substring) in
            group.prefix(3).count { $0.isASCIIDigit } == 3 && group.dropFirst(3).first?.isASCIIDigit != true
        }
        let leading = first.reversed().prefix { $0.isASCIIDigit }.count
        return leading <= 3 && groups.dropFirst().allSatisfy(isThousand) ? groups.joined() : text
    }

    private var all: [Match] {
        var found: [Match] = []
        var place = 0
        while place < scalars.count {
            guard var (value, end) = unsigned(at: place) else {
                place += 1
                continue
            }
            let start = sign(before: place)
            if !sees("/", at: place - 1), let (divisor, next) = divisor(at: end) { (value, end) = (value / divisor, next) }
            let isNegative = start < place && scalars[start] != "+"
            if value.isFinite { found.append(Match(value: isNegative ? -value : value, range: start..<end)) }
            place = end
        }
        return found
    }

    private func isDigit(_ place: Int) -> Bool { scalars.indices.contains(place) && (0x30...0x39).contains(scalars[place].value) }

    private func digitsEnd(_ place: Int) -> Int {
        var end = place
        while isDigit(end) { end += 1 }
        return end
    }

    private func sees(_ scalar: Unicode.Scalar, at place: Int) -> Bool {
        scalars.indices.contains(place) && scalars[place] == scalar
    }

    /// The digits that begin at `start`; a number too large for a Double is infinite.
    private func unsigned(at start: Int) -> (value: Double, end: Int)? {
        var end = digitsEnd(start)
        if end == start, !(sees(".", at: start) && isDigit(start + 1) && !isDigit(start - 1)) { return nil }
        if end > start, end - start <= 3 {
            // A comma joins only where three digits follow, and no fourth.
            while sees(",", at: end), digitsEnd(end + 1) == end + 4 { end += 4 }
        }
        if sees(".", at: end), isDigit(end + 1) { end = digitsEnd(end + 1) }
        if sees("e", at: end) || sees("E", at: end) {
            let power = sees("-", at: end + 1) || sees("+", at: end + 1) ? end + 2 : end + 1
            if isDigit(power) { end = digitsEnd(power) }
        }
        let digits = scalars[start..<end].reduce(into: "") { if $1 != "," { $0.unicodeScalars.append($1) } }
        return (Double(digits) ?? .infinity, end)
    }

    /// Where the number that begins at `place` begins with its sign: a minus after a letter or a digit is none.
    private func sign(before place: Int) -> Int {
        var start = place - 1
        if start >= 0, scalars[start].isCurrency { start -= 1 }
        guard start >= 0, ["-", "+", "\u{2212}"].contains(scalars[start]) else { return place }
        guard start > 0 else { return start }
        let before = scalars[start - 1]
        return before.properties.isAlphabetic || isDigit(start - 1) || before == ")" || before == "-" ? place : start
    }

    /// The `4` of `3/4`, and where it ends. A date is no fraction.
    private func divisor(at place: Int) -> (value: Double, end: Int)? {
        guard sees("/", at: place), isDigit(place + 1), let number = unsigned(at: place + 1), number.value != 0 else {
            return nil
        }
        return sees("/", at: number.end) ? nil : number
    }
}

extension Unicode.Scalar {
    fileprivate var isCurrency: Bool { properties.generalCategory == .currencySymbol }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
