public import JSON

extension ChatAdapter {
    /// The output fields in a model's answer, in the order of the signature; optional ones are filled in.
    /// - Throws: an ``UnparseableAnswer`` that says which field is missing, has a wrong value or breaks a limit.
    public func parse(_ text: String, for signature: Signature) throws(UnparseableAnswer) -> JSONObject {
        guard !text.pythonStripped.isEmpty else { throw UnparseableAnswer(reason: "the answer is empty", text: text) }
        let sections = Self.sections(of: text)
        return try signature.outputFields(of: text, label: { "[[ ## \($0.name) ## ]]" }) { field throws(CastError) in
            guard let section = sections.first(where: { $0.name == field.name }) else { return nil }
            return try field.type.cast(section.content)
        }
    }

    /// The text under each header; what stands before the first is ignored.
    private static func sections(of text: String) -> [(name: String, content: String)] {
        var sections: [(name: String, lines: [String])] = []
        for line in text.pythonLines {
            // The header is sought in the stripped line and what follows is cut from that same line, so that an
            // indented header does not leave a part of itself behind.
            if let (name, rest) = header(line) {
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
    let scalars = line.unicodeScalars.drop(while: \.isPythonSpace)
    guard scalars.first == "[", scalars.starts(with: "[[ ## ".unicodeScalars) else { return nil }
    let named = scalars.dropFirst(6)
    let name = named.prefix { $0 == "_" || $0.isPythonAlphanumeric }
    let rest = named[name.endIndex...]
    guard !name.isEmpty, rest.starts(with: " ## ]]".unicodeScalars) else { return nil }
    return (String(name), Substring(rest.dropFirst(6)).pythonStripped)
}
