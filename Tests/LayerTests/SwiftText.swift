/// A Swift source taken apart into what the rules look at. Comments are gone; the text of literals is no code.
struct SwiftText {
    /// The modules that it imports, in order.
    let imports: [String]
    /// The names in its code.
    let words: Set<String>
    /// Its code without blanks.
    let code: String
    /// The words of its string literals but for those that are one word and no more (`"DELETE"` is a method of HTTP).
    let literalWords: Set<String>

    init(_ source: String) {
        var scanner = Scanner(source)
        scanner.readCode(untilClosingParenthesis: false)
        literalWords = Set(
            scanner.literals.filter { !$0.allSatisfy(Self.isWord) }.flatMap { $0.split { !Self.isWord($0) } }
                .map { String(decoding: $0, as: UTF8.self) })
        let text = String(decoding: scanner.code, as: UTF8.self)
        imports = text.split(separator: "\n").compactMap(Self.module)
        words = Set(scanner.code.split { !Self.isWord($0) }.map { String(decoding: $0, as: UTF8.self) })
        code = String(decoding: scanner.code.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Whether a byte may be part of a name.
    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 128...: true
        default: false
        }
    }

    /// The module that a line imports.
    private static func module(_ line: Substring) -> String? {
        guard line.utf8.contains(UInt8(ascii: "i")), line.contains("import") else { return nil }
        let words = line.split { $0 == " " || $0 == "\t" || $0 == ";" }.map(String.init)
        guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
            words[..<place].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains($0) })
        else { return nil }
        // `import struct Foundation.Date` imports Foundation.
        let name = importKinds.contains(words[place + 1]) && place + 2 < words.count ? words[place + 2] : words[place + 1]
        return name.split(separator: ".").first.map(String.init)
    }

    private static let accessLevels: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
    private static let importKinds: Set<String> = [
        "actor", "class", "enum", "func", "let", "protocol", "struct", "typealias", "var",
    ]
}

/// Tells code from comments and string literals, nested ones too. Works on bytes: a debug build reads all sources at once.
private struct Scanner {
    private(set) var code: [UInt8] = []
    private(set) var literals: [[UInt8]] = []
    private let bytes: [UInt8]
    private var place = 0

    init(_ source: String) { bytes = Array(source.utf8) }

    mutating func readCode(untilClosingParenthesis: Bool) {
        var depth = 0
        while place < bytes.count {
            if sees("//") {
                while place < bytes.count, bytes[place] != newline { place += 1 }
            } else if sees("/*") {
                skipBlockComment()
            } else if let (hashes, quotes) = literalStart() {
                readLiteral(hashes: hashes, quotes: quotes)
            } else {
                if bytes[place] == UInt8(ascii: "(") { depth += 1 }
                if bytes[place] == UInt8(ascii: ")") {
                    if untilClosingParenthesis, depth == 0 { return }
                    depth -= 1
                }
                code.append(bytes[place])
                place += 1
            }
        }
    }

    private let newline = UInt8(ascii: "\n")

    private func sees(_ text: StaticString, after offset: Int = 0) -> Bool {
        let count = text.utf8CodeUnitCount
        guard place + offset + count <= bytes.count else { return false }
        return (0..<count).allSatisfy { bytes[place + offset + $0] == text.utf8Start[$0] }
    }

    private func seesHashes(_ count: Int, after offset: Int) -> Bool {
        (0..<count).allSatisfy { place + offset + $0 < bytes.count && bytes[place + offset + $0] == UInt8(ascii: "#") }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if sees("/*") {
                depth += 1
                place += 2
            } else if sees("*/") {
                depth -= 1
                place += 2
            } else {
                if bytes[place] == newline { code.append(newline) }
                place += 1
            }
        } while depth > 0 && place < bytes.count
    }

    private func literalStart() -> (hashes: Int, quotes: Int)? {
        guard bytes[place] == UInt8(ascii: "\"") || bytes[place] == UInt8(ascii: "#") else { return nil }
        let hashes = bytes[place...].prefix { $0 == UInt8(ascii: "#") }.count
        if sees("\"\"\"", after: hashes) { return (hashes, 3) }
        return sees("\"", after: hashes) ? (hashes, 1) : nil
    }

    private mutating func readLiteral(hashes: Int, quotes: Int) {
        place += hashes + quotes
        var text: [UInt8] = []
        while place < bytes.count {
            if quotes == 3 ? sees("\"\"\"") : sees("\""), seesHashes(hashes, after: quotes) { break }
            if sees("\\"), seesHashes(hashes, after: 1) {
                place += 1 + hashes
                if sees("(") {
                    place += 1
                    code.append(UInt8(ascii: " "))
                    readCode(untilClosingParenthesis: true)
                    code.append(UInt8(ascii: " "))
                }
                // The parenthesis, or the escaped character.
                place += 1
            } else {
                if bytes[place] == newline { code.append(newline) }
                text.append(bytes[place])
                place += 1
            }
        }
        place += quotes + hashes
        literals.append(text)
    }
}
