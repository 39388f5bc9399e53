import JSON

@testable import Programs

/// A way in which our reading of an answer differs from DSPy's on purpose.
struct Difference: Sendable {
    struct Comparison: CustomStringConvertible {
        /// The name of the ``Disorder``.
        var kind: String
        var text: String
        var signature: Signature
        var ours: Result<JSONObject, UnparseableAnswer>
        /// nil where DSPy refuses the answer.
        var theirs: JSONObject?
        var error: String?

        var isRefused: Bool { if case .failure = ours { true } else { false } }

        var description: String {
            let ours =
                switch ours {
                case .success(let fields): JSON.object(fields).serialized()
                case .failure(let error): "refused: \(error)"
                }
            return """
                \(kind): \(signature.shorthand)
                \(text.debugDescription)
                ours: \(ours)
                theirs: \(theirs.map { JSON.object($0).serialized() } ?? "refused: \(error ?? "")")
                """
        }
    }

    /// What each of the two does.
    var ours: String
    var theirs: String
    var reason: String
    var covers: @Sendable (Comparison) -> Bool

    private init(ours: String, theirs: String, reason: String, _ covers: @escaping @Sendable (Comparison) -> Bool) {
        self.ours = ours
        self.theirs = theirs
        self.reason = reason
        self.covers = covers
    }

    static let all: [Difference] = [
        Difference(
            ours: "A value outside its field's limits is refused.", theirs: "Limits are only told to the model.",
            reason: "What follows in a program relies on the declared limits, and a retry can mend the answer."
        ) { comparison in
            guard case .failure(let error) = comparison.ours else { return false }
            return error.reason.contains("is outside the limit") && comparison.theirs != nil
        },
        Difference(
            ours: "An empty answer is refused.", theirs: "Where all outputs are optional, their defaults are the answer.",
            reason: "Such an answer is an endpoint's fault: asked again, the model may say something."
        ) { $0.kind.hasPrefix("chat.empty") && $0.isRefused && $0.theirs != nil },
        Difference(
            ours: "An indented header is a header.", theirs: "Its last characters become the beginning of the value.",
            reason: "A defect: the offset is taken from the stripped line and used in the whole one."
        ) { $0.kind == "chat.indented header" && !$0.isRefused },
        Difference(
            ours: "An integer of more than 64 bits is a double, and no int.", theirs: "Python's integers have no limit.",
            reason: "Swift's Int has 64 bits; a rounded integer would be a wrong answer."
        ) { $0.text.contains("9223372036854775808") },
        Difference(
            ours: "NaN, Infinity and numbers that overflow are texts, and no float.", theirs: "They are floats.",
            reason: "JSON has no such numbers: they could be neither stored nor scored."
        ) { comparison in
            ["nan", "inf", "1e400", "1e999"].contains { comparison.text.lowercased().contains($0) } && comparison.theirs != nil
        },
        Difference(
            ours: "A lone surrogate is U+FFFD.", theirs: "It stays, in a str that cannot be encoded as UTF-8.",
            reason: "Swift's strings are valid Unicode; in Python such an answer makes a later step fail, for example saving."
        ) { comparison in
            comparison.kind == "json.lone surrogates"
                && comparison.theirs.map { JSON.object($0).serialized().contains("\"surrogates\"") } ?? false
        },
        Difference(
            ours: "A number or truth value for a Literal becomes the Literal's member.",
            theirs: "The value stays: True for Literal[1, 2, 3].",
            reason: "A field's value is one of those that were declared."
        ) { comparison in
            guard case .success(let fields) = comparison.ours, let theirs = comparison.theirs else { return false }
            return fields.allSatisfy { key, value in
                guard let other = theirs[key], other != value else { return true }
                return pythonTruth(other) == pythonTruth(value)
            }
        },
        Difference(
            ours: "A JSON text that holds the object is unwrapped.",
            theirs: "The object is sought among the escapes: refused, or read with some of them left in.",
            reason: "The text's content is what the model meant, to the letter."
        ) { $0.kind == "json.in a text" && !$0.isRefused },
        Difference(
            ours: "Python's bytes are no number.", theirs: "b'1' is the int 1.", reason: "No model means bytes; JSON has none."
        ) { $0.text.contains("b'1'") && $0.isRefused },
        Difference(
            ours: "An object whose quotes are escaped once, and those inside its texts twice, is refused.",
            theirs: "json_repair finds the members.",
            reason: "It guesses where such texts end, by rules of its own for this one case."
        ) { $0.kind == "json.quotes escaped" && $0.text.contains(#"\\""#) && $0.isRefused },
        Difference(
            ours: "A second list after a member that is a list is skipped.", theirs: "It is appended to the first.",
            reason: "The stray bracket may as well belong to the next member: what was well formed is left as it was."
        ) { $0.kind == "json.a bracket too many" && $0.text.contains("],[") },
    ]
}

/// A number as Python compares it: `True == 1`.
private func pythonTruth(_ value: JSON) -> Double? { value.boolValue.map { $0 ? 1 : 0 } ?? value.doubleValue }
