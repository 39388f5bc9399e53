/// Light English stemming on lower-case ASCII, enough for `declined` to meet `decline` and `topping` to meet `top`.
enum Stemmer {
    private static let suffixes: [[UInt8]] = ["ation", "ing", "ion", "ed", "al", "ly", "ment"].map { Array($0.utf8) }

    static func stem(_ word: inout [UInt8]) {
        guard word.count > 3 else { return }
        if word.last == UInt8(ascii: "s") {
            let before = word[word.count - 2]
            if before != UInt8(ascii: "s"), before != UInt8(ascii: "u"), before != UInt8(ascii: "i") { word.removeLast() }
        }
        if word.count > 4, word.suffix(2).elementsEqual("ie".utf8) {
            word.removeLast(2)
            word.append(UInt8(ascii: "y"))
        }
        for suffix in suffixes where word.count >= suffix.count + 3 && word.suffix(suffix.count).elementsEqual(suffix) {
            word.removeLast(suffix.count)
            break
        }
        if word.count > 3, word.last == UInt8(ascii: "e") { word.removeLast() }
        if word.count > 3, let last = word.last, last == word[word.count - 2], last != UInt8(ascii: "s") { word.removeLast() }
        if word.count > 2, word.last == UInt8(ascii: "y") { word[word.count - 1] = UInt8(ascii: "i") }
    }
}
