/// Words of a text: runs of ASCII letters and digits and of any other script's bytes, in lower case; apostrophes are
/// dropped (`can't` is `cant`) and an inner capital starts a new word (`cardArrival`).
enum Tokens {
    static func forEach(in text: String, limit: Int = .max, _ body: (inout [UInt8]) -> Void) {
        var word: [UInt8] = []
        word.reserveCapacity(24)
        var wasLower = false
        func flush() {
            if !word.isEmpty { body(&word) }
            word.removeAll(keepingCapacity: true)
            wasLower = false
        }
        var text = text
        text.withUTF8 { bytes in
            for byte in bytes.prefix(limit) {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
                    word.append(byte)
                    wasLower = true
                case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                    if wasLower { flush() }
                    word.append(byte | 0x20)
                case UInt8(ascii: "'"): continue
                default: flush()
                }
            }
            flush()
        }
    }

    /// The words as strings, for texts that are composed rather than scored.
    static func words(of text: String) -> [String] {
        var words: [String] = []
        forEach(in: text) { words.append(String(decoding: $0, as: UTF8.self)) }
        return words
    }

    /// Up to `count` words of `text` that carry meaning, in order, each once.
    static func salient(in text: String, count: Int) -> [String] {
        var seen: [String] = []
        for word in words(of: text) where word.utf8.count > 2 && !seen.contains(word) {
            if Lexicon.english.isEmptyWord(Lexicon.key(word)) { continue }
            seen.append(word)
            if seen.count == count { break }
        }
        return seen
    }
}
