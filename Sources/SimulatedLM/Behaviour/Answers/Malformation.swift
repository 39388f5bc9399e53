import JSON

/// A way in which an answer is spoiled, as real endpoints spoil theirs.
///
/// Not all of them make an answer unparseable: control characters, surrogates and a megabyte may stand inside a text value.
package enum Malformation: String, Sendable, CaseIterable {
    /// The text ends before the last field.
    case truncated
    /// A value that the field's type does not allow; where all fields are texts, a missing field.
    case wrongValue
    case missingField
    case empty
    /// About a megabyte: before the fields, or inside the first text.
    case long
    case controlCharacters
    /// `\ud83d` without its other half.
    case loneSurrogate

    /// Stands for a lone surrogate, which a Swift string cannot hold, until the body is written. For private use.
    package static let surrogateMark = "\u{FFFF0}"
    private static let controls = "\u{0}\u{1}\u{8}\u{1B}[31m\u{7F}"
    static let longText = String(repeating: "and then it went on and on, ", count: 37_500)

    func changed(_ answers: [(field: FieldDeclaration, value: JSON)], _ draw: Digest) -> [(field: FieldDeclaration, value: JSON)]
    {
        var answers = answers
        guard !answers.isEmpty else { return [] }
        switch self {
        case .missingField: answers.remove(at: Int(draw.uniform(8) * Double(answers.count)))
        case .wrongValue:
            guard let typed = answers.firstIndex(where: { $0.field.kind != .text }) else { return Array(answers.dropLast()) }
            answers[typed].value = .string(draw.pick(["none of these", "maybe?", "I would rather not say", "the 2nd one"], 9))
        case .long:
            if draw.uniform(10) < 0.5, let text = answers.firstIndex(where: { $0.field.kind == .text }) {
                answers[text].value = .string(Self.longText)
            }
        case .controlCharacters, .loneSurrogate:
            let at = answers.firstIndex { $0.field.kind == .text } ?? 0
            // JSON texts get their raw control characters after they are written.
            let mark = self == .loneSurrogate ? Self.surrogateMark : Self.controlMark
            answers[at].value = .string(PythonLiterals.spelling(of: answers[at].value) + mark)
        case .truncated, .empty: break
        }
        return answers
    }

    private static let controlMark = "\u{FFFF1}"

    /// `last`: how the last field begins in `text`.
    func changed(_ text: String, last: String, _ draw: Digest) -> String {
        switch self {
        case .empty: return ""
        case .truncated:
            let end =
                text.ranges(of: last).last.map { text.utf8.distance(from: text.startIndex, to: $0.upperBound) } ?? text.utf8.count
            return String(decoding: text.utf8.prefix(Int(draw.uniform(11) * Double(end))), as: UTF8.self)
        case .long where text.utf8.count < Self.longText.utf8.count: return Self.longText
        case .controlCharacters:
            return text.contains(Self.controlMark) ? text.replacing(Self.controlMark, with: Self.controls) : text + Self.controls
        case .loneSurrogate: return text.contains(Self.surrogateMark) ? text : text + Self.surrogateMark
        case .wrongValue, .missingField, .long: return text
        }
    }
}
