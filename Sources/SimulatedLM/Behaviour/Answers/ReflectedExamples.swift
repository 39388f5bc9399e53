import JSON

/// What examples with feedback tell about a task, for whoever is to write a better instruction: its fields, the answers that were
/// confused, and whether answers could not be read.
///
/// Reads a list of objects (DSPy's GEPA, ours) and headings (`# Example 1`, `## Feedback`: the gepa package). Parts are known by
/// their names: inputs, outputs, feedback.
struct ReflectedExamples: Sendable {
    struct Confusion: Sendable, Hashable {
        /// What the answer should have been, as far as the feedback names it.
        var wanted: String
        /// What it was; nil where the feedback does not say.
        var given: String?
        /// Words of the inputs.
        var clues: [String]
    }

    private(set) var inputs: [String] = []
    private(set) var outputs: [String] = []
    private(set) var confusions: [Confusion] = []
    private(set) var areUnreadable = false

    /// nil for a text that is no list of examples with feedback.
    init?(_ text: String) {
        let examples = Self.objects(text) ?? Self.headed(text)
        guard examples.contains(where: { Self.part($0, "feedback") != nil }) else { return nil }
        for example in examples { read(example) }
    }

    // MARK: Forms

    private static func objects(_ text: String) -> [JSONObject]? {
        guard let list = (try? JSON(parsing: trimmed(text)))?.arrayValue else { return nil }
        return list.compactMap(\.objectValue)
    }

    /// `# Example n`, its parts under `##`, their members under `###`.
    private static func headed(_ text: String) -> [JSONObject] {
        var examples: [JSONObject] = []
        var (part, member) = ("", "")
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let depth = line.prefix { $0 == "#" }.count
            let title = trimmed(String(line.dropFirst(depth)))
            switch depth {
            case 1: (examples, part, member) = (examples + [[:]], "", "")
            case 2: (part, member) = (title, "")
            case 3: member = title
            default:
                guard !examples.isEmpty, !part.isEmpty, !title.isEmpty else { continue }
                examples[examples.count - 1].add(title, to: part, member)
            }
        }
        return examples
    }

    private static func part(_ example: JSONObject, _ name: String) -> JSON? {
        example.first { $0.key.lowercased().contains(name) }?.value
    }

    // MARK: Reading

    private mutating func read(_ example: JSONObject) {
        let given = Self.part(example, "output")
        let asked = Self.part(example, "input")
        for name in asked?.objectValue?.keys ?? [] where !inputs.contains(name) { inputs.append(name) }
        for name in given?.objectValue?.keys ?? [] where !outputs.contains(name) && name != "reasoning" { outputs.append(name) }
        let feedback = Self.part(example, "feedback")?.stringValue ?? ""
        let lower = feedback.lowercased()
        if ["parse", "could not be read", "format", "structure"].contains(where: lower.contains) { areUnreadable = true }
        let answers = (given?.objectValue?.values ?? []).compactMap(\.stringValue)
        let named = Self.names(in: feedback)
        guard let wanted = named.first(where: { !answers.contains($0) && !outputs.contains($0) }) else { return }
        let words = (asked?.objectValue?.values ?? []).compactMap(\.stringValue).joined(separator: " ")
        let confusion = Confusion(
            wanted: wanted, given: named.first { answers.contains($0) }, clues: Tokens.salient(in: words, count: 3))
        if !confusions.contains(confusion) { confusions.append(confusion) }
    }

    /// What a text quotes, and its words with an underscore: names of values.
    private static func names(in text: String) -> [String] {
        var names: [String] = []
        var rest = text[...]
        while let first = rest.first {
            // An apostrophe is no quotation mark: words are taken with theirs.
            let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "'" && $0 != first }
            if !word.isEmpty {
                if word.contains("_") { names.append(String(word)) }
                rest = rest[word.endIndex...]
            } else if "'\"`".contains(first), let end = rest.dropFirst().firstIndex(of: first) {
                names.append(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                rest = rest.dropFirst()
            }
        }
        return names.filter { !$0.isEmpty && $0.utf8.count <= 60 && $0.split(separator: " ").count <= 5 }
    }

    // MARK: Advice

    /// Sentences that keep the mistakes from being made again; some of them, by the draw.
    func advice(_ draw: Digest) -> [String] {
        var sentences: [String] = []
        for (place, confusion) in confusions.enumerated() where draw.uniform(UInt64(40 + place)) < 0.75 {
            let clues = confusion.clues.isEmpty ? "" : ", as where the input speaks of \(confusion.clues.joined(separator: ", "))"
            if let given = confusion.given {
                sentences.append("Distinguish `\(confusion.wanted)` from `\(given)`\(clues).")
            } else {
                sentences.append("Consider `\(confusion.wanted)`\(clues).")
            }
        }
        return sentences
    }
}

extension JSONObject {
    /// Appends a line of text to a part, or to a member of it.
    fileprivate mutating func add(_ line: String, to part: String, _ member: String) {
        if member.isEmpty {
            self[part] = .string((self[part]?.stringValue).map { $0 + "\n" + line } ?? line)
        } else {
            var members = self[part]?.objectValue ?? [:]
            members[member] = .string((members[member]?.stringValue).map { $0 + "\n" + line } ?? line)
            self[part] = .object(members)
        }
    }
}
