import Randomness

/// One input and who is to read it.
struct FuzzInput: Sendable {
    enum Target: String, CaseIterable {
        case chat = "chat answers"
        case json = "JSON answers"
        case parser = "JSON"
        case tolerant = "tolerant JSON"
        case literal = "Python literals"
        case signature = "signatures"
        case state = "state files"
    }

    var target: Target
    var index: Int
    /// Which of the targets' signatures the answer is for.
    var signature: Int
    var text: String
}

/// Draws the text of an input: a well-formed one, changed in a few places, or noise.
struct Mutator {
    private var random: KeyedGenerator

    init(seed: UInt64, index: Int) { random = KeyedGenerator(seed: seed, purpose: "fuzz", index: index) }

    mutating func below(_ bound: Int) -> Int { random.below(bound) }

    private static let tokens: [[UInt8]] = [
        "{", "}", "[", "]", "(", ")", "\"", "'", ":", ",", "\\", "\n", "\r\n", " ", "\t", "#", "//", "/*", "*/", "`", "```",
        "```json\n", "“", "”", "„", "«",
        "[[ ## ", " ## ]]", "[[ ## a ## ]]\n", "[[ ## completed ## ]]", "\\\"", "\\u", "\\ud800", "\\udc00", "\\x4", "\\n",
        "null", "None", "true", "False", "NaN",
        "Infinity", "1e999", "-", "+", ".", "_", "0x", "1_0", "9223372036854775808", "1e", "00", "...", "a", "k", "\"a\":",
        "\"a\": \"", "\",", "\"]", "\"}", ",}", "->", "|",
        "Literal[", "Optional[", "list[", "dict[str, ", "Union[", "tuple[", "...]", "=", "é", "🙂", "e\u{301}", "\u{FEFF}", "\0",
        "\u{1}", "\u{85}", "\u{2028}", "\u{A0}", "٣",
    ].map { Array($0.utf8) }

    /// `base`, or another text, in disrepair.
    mutating func text(from base: [UInt8], other: [UInt8]) -> String {
        var bytes: [UInt8]
        switch below(20) {
        case 0: bytes = (0..<below(60)).flatMap { _ in token() }
        case 1: bytes = (0..<below(80)).map { _ in UInt8(below(256)) }
        case 2: return String(decoding: base, as: UTF8.self)
        default:
            bytes = base
            for _ in 0...(below(2) == 0 ? 0 : below(5)) { change(&bytes, other) }
        }
        // Seldom a long text, in which a scan that is not linear shows.
        if below(50_000) == 0, !bytes.isEmpty { bytes = stretched(bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func token() -> [UInt8] { Self.tokens[below(Self.tokens.count)] }

    private mutating func range(in bytes: [UInt8], atMost length: Int) -> Range<Int> {
        let start = below(bytes.count + 1)
        return start..<min(bytes.count, start + below(length + 1))
    }

    private mutating func change(_ bytes: inout [UInt8], _ other: [UInt8]) {
        switch below(10) {
        case 0, 1, 2:
            let place = below(bytes.count + 1)
            bytes.insert(contentsOf: token(), at: place)
        case 3, 4: bytes.removeSubrange(range(in: bytes, atMost: 4))
        case 5: bytes.replaceSubrange(range(in: bytes, atMost: 3), with: token())
        case 6: bytes.removeSubrange(range(in: bytes, atMost: 20))
        case 7: bytes.removeLast(below(min(bytes.count, below(4) == 0 ? bytes.count : 12) + 1))
        case 8:
            let copied = Array(bytes[range(in: bytes, atMost: 20)])
            let place = below(bytes.count + 1)
            bytes.insert(contentsOf: copied, at: place)
        default:
            let part = Array(other[range(in: other, atMost: 40)])
            let place = below(bytes.count + 1)
            bytes.insert(contentsOf: part, at: place)
        }
    }

    /// A part of the text over and over.
    private mutating func stretched(_ bytes: [UInt8]) -> [UInt8] {
        let part = Array(bytes[range(in: bytes, atMost: 12)])
        let repeated = part.isEmpty ? token() : part
        let count = (1 << (10 + below(9))) / repeated.count
        let place = below(bytes.count + 1)
        return bytes[..<place] + Array(repeatElement(repeated, count: count).joined()) + bytes[place...]
    }
}
