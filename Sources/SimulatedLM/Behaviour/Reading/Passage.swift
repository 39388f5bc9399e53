import JSON

/// One retrieved text: its subject, and its sentences.
struct Passage: Sendable {
    let subject: String?
    let sentences: [Sentence]

    init(_ text: some StringProtocol) {
        var title: String?
        var body = Substring(text)
        if let bar = body.utf8.prefix(120).firstIndex(of: UInt8(ascii: "|")), bar > body.startIndex, body[..<bar].hasSuffix(" ") {
            title = trimmed(String(body[..<bar]))
            body = body[body.utf8.index(after: bar)...]
        }
        sentences = Self.split(body).map { Sentence($0) }
        subject = title ?? sentences.first?.names.first { !$0.isNumber }?.text
    }

    /// At full stops, question and exclamation marks before white space, and at line ends.
    private static func split(_ text: Substring) -> [Substring] {
        var parts: [Substring] = []
        let bytes = text.utf8
        var start = text.startIndex
        var previous = UInt8(ascii: " ")
        for index in bytes.indices {
            let byte = bytes[index]
            let isStop = previous == UInt8(ascii: ".") || previous == UInt8(ascii: "?") || previous == UInt8(ascii: "!")
            if byte == 0x0A || byte == 0x20 && isStop {
                parts.append(text[start..<index])
                start = index
            }
            previous = byte
        }
        parts.append(text[start...])
        return parts.filter { $0.utf8.contains { $0 > 0x2F } }
    }

    /// The passages in an input's text: a JSON list, `[1] «…»` lines and blocks as adapters write them, or one per line.
    static func all(in text: String) -> [Passage] {
        if text.hasPrefix("["), let list = (try? JSON(parsing: text))?.arrayValue {
            return list.compactMap { ($0.stringValue ?? $0["text"]?.stringValue).map { Passage($0) } }
        }
        var texts: [String] = []
        var block: String?
        for line in text.split(separator: "\n") {
            let content = trimmed(String(line))
            if content.hasSuffix("«««") {
                block = ""
            } else if content == "»»»" {
                texts.append(block ?? "")
                block = nil
            } else if block != nil {
                block? += content + "\n"
            } else {
                texts.append(withoutMarks(content))
            }
        }
        if let block { texts.append(block) }
        return texts.filter { !$0.isEmpty && $0 != "N/A" }.map { Passage($0) }
    }

    /// `[3] «text»` and `«text»` without what stands around the text.
    private static func withoutMarks(_ line: String) -> String {
        var rest = line[...]
        if rest.first == "[" {
            let number = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            if !number.isEmpty, rest.dropFirst(number.count + 1).hasPrefix("] ") { rest = rest.dropFirst(number.count + 3) }
        }
        if rest.first == "«" { rest.removeFirst() }
        if rest.last == "»" { rest.removeLast() }
        return String(rest)
    }
}
