public import JSON

extension ChatAdapter {
    /// The output fields in a model's answer, in the order of the signature; optional ones are filled in.
    /// - Throws: an ``UnparseableAnswer`` that says which field is missing or has a wrong value.
    public func parse(_ text: String, for signature: Signature) throws(UnparseableAnswer) -> JSONObject {
        guard !text.pythonStripped.isEmpty else { throw UnparseableAnswer(reason: "the answer is empty", text: text) }
        let sections = Self.sections(of: text)
        var fields = JSONObject()
        var missing: [String] = []
        for field in signature.outputs {
            if let section = sections.first(where: { $0.name == field.name }) {
                do throws(CastError) {
                    fields[field.name] = try field.type.cast(section.content)
                } catch {
                    throw UnparseableAnswer(reason: "field '\(field.name)': \(error)", text: text)
                }
            } else if let fallback = field.fallback {
                fields[field.name] = fallback
            } else {
                missing.append(field.name)
            }
        }
        guard missing.isEmpty else {
            throw UnparseableAnswer(
                reason: "the answer lacks \(missing.map { "[[ ## \($0) ## ]]" }.joined(separator: ", "))", text: text)
        }
        return fields
    }

    /// The text under each header; what stands before the first is ignored.
    private static func sections(of text: String) -> [(name: String, content: String)] {
        var sections: [(name: String, lines: [String])] = []
        for line in text.pythonLines {
            // The header is sought in the stripped line and what follows is cut from that same line, so that an
            // indented header does not leave a part of itself behind.
            let stripped = line.pythonStripped
            if let (name, rest) = header(stripped) {
                sections.append((name, rest.isEmpty ? [] : [rest]))
            } else if !sections.isEmpty {
                sections[sections.count - 1].lines.append(line)
            }
        }
        return sections.map { ($0.name, $0.lines.joined(separator: "\n").pythonStripped) }
    }
}

/// The name in a line that begins with `[[ ## name ## ]]`, and what follows it. By hand: a regular expression costs more
/// than all the rest of reading an answer.
private func header(_ line: String) -> (name: String, rest: String)? {
    let (opening, closing) = ("[[ ## ", " ## ]]")
    guard line.hasPrefix(opening) else { return nil }
    let named = line.dropFirst(opening.count)
    let name = named.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    let rest = named[name.endIndex...]
    guard !name.isEmpty, rest.hasPrefix(closing) else { return nil }
    return (String(name), rest.dropFirst(closing.count).pythonStripped)
}

/// A model's answer that does not have the form that was asked for.
public struct UnparseableAnswer: Error, Sendable, Hashable, CustomStringConvertible {
    public var reason: String
    /// All that the model wrote.
    public var text: String

    public var description: String { reason }
}
