package import JSON

/// Something wrong with a line of a corpus file.
package struct CorpusFault: Sendable, Hashable {
    /// From 1; nil: the whole file.
    package var line: Int?
    package var message: String

    package init(line: Int? = nil, message: String) {
        self.line = line
        self.message = message
    }
}

/// All that is wrong with a corpus file.
package struct CorpusFaults: Error, Sendable, Hashable {
    package var all: [CorpusFault]

    package init(_ all: [CorpusFault]) { self.all = all }

    /// `FILE:LINE: what is wrong`, one a line; of many only the first ten.
    package func description(file: String) -> String {
        var lines = all.prefix(10).map { fault in "\(file)\(fault.line.map { ":\($0)" } ?? ""): \(fault.message)" }
        if all.count > lines.count { lines.append("… and \(all.count - lines.count) more of the kind") }
        return lines.joined(separator: "\n")
    }
}

extension Corpus {
    /// The longest passage that is taken, in bytes: the database's full-text search has a limit, and prompts have a lower one.
    package static let longestPassage = 200_000

    /// Rows with a text, from a file of JSON Lines, a JSON array or CSV.
    ///
    /// - Parameters:
    ///   - rows: the fields of each row and the line on which it starts.
    ///   - text: the field with the text.
    ///   - id: the field with the passage's id. nil: `id`, where a row has one.
    package init(rows: [(fields: JSONObject, line: Int)], text: String = "text", id: String? = nil) throws(CorpusFaults) {
        var passages: [CorpusPassage] = []
        var faults: [CorpusFault] = []
        passages.reserveCapacity(rows.count)
        for (fields, line) in rows {
            do throws(RowFault) {
                passages.append(
                    CorpusPassage(id: try Self.id(of: fields, field: id), text: try Self.text(of: fields, field: text)))
            } catch {
                faults.append(CorpusFault(line: line, message: error.message))
            }
        }
        try self.init(passages, faults: faults)
    }

    /// A passage per line that is not blank.
    package init(lines bytes: [UInt8]) throws(CorpusFaults) {
        var passages: [CorpusPassage] = []
        var faults: [CorpusFault] = []
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        for (index, line) in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let start = line.drop(while: isBlank)
            guard let last = start.lastIndex(where: { !isBlank($0) }) else { continue }
            guard let text = String(validating: start[...last], as: UTF8.self) else {
                faults.append(CorpusFault(line: index + 1, message: "is not UTF-8 text"))
                continue
            }
            do throws(RowFault) { passages.append(CorpusPassage(text: try Self.checked(text))) } catch {
                faults.append(CorpusFault(line: index + 1, message: error.message))
            }
        }
        try self.init(passages, faults: faults)
    }

    private init(_ passages: [CorpusPassage], faults: [CorpusFault]) throws(CorpusFaults) {
        guard faults.isEmpty else { throw CorpusFaults(faults) }
        guard !passages.isEmpty else { throw CorpusFaults([CorpusFault(message: "holds no passages")]) }
        self.init(passages)
    }

    private struct RowFault: Error {
        var message: String
    }

    private static func text(of fields: JSONObject, field: String) throws(RowFault) -> String {
        guard let value = fields[field] else {
            throw RowFault(message: "has no field '\(field)' to be the text; \(fields.suggestion(for: field))")
        }
        guard let text = value.stringValue else { throw RowFault(message: "'\(field)' must be a string, not \(value.kindName)") }
        guard text.contains(where: { !$0.isWhitespace }) else { throw RowFault(message: "'\(field)' is empty; remove the row") }
        return try checked(text)
    }

    private static func id(of fields: JSONObject, field: String?) throws(RowFault) -> String? {
        guard let value = fields[field ?? "id"], !value.isNull else {
            guard let field else { return nil }
            throw RowFault(message: "has no field '\(field)' to be the id; \(fields.suggestion(for: field))")
        }
        switch value {
        case .string(let text): return try checked(text)
        case .int(let number): return String(number)
        default:
            // A field that only happens to be called id is none of ours.
            guard let field else { return nil }
            throw RowFault(message: "'\(field)' must be a string or an integer to be the passage's id, not \(value.kindName)")
        }
    }

    private static func checked(_ text: String) throws(RowFault) -> String {
        guard !text.utf8.contains(0) else {
            throw RowFault(message: "holds the character U+0000, which cannot be stored; remove it")
        }
        guard text.utf8.count <= longestPassage else {
            throw RowFault(message: "is \(text.utf8.count) bytes long; a passage may have \(longestPassage): split it")
        }
        return text
    }
}

extension JSONObject {
    fileprivate func suggestion(for field: String) -> String {
        nearestName(to: field, in: keys).map { "did you mean '\($0)'?" } ?? "its fields: \(keys.joined(separator: ", "))"
    }
}
