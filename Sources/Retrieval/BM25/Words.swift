/// The words of a text as search knows them: runs of letters and digits in lower case. An ideograph is a word of its own,
/// since its neighbours are not set apart from it by blanks.
///
/// Precomposed and decomposed letters give equal words, because strings compare by canonical equivalence.
func words(of text: String) -> [String] {
    var words: [String] = []
    eachWord(of: text) { words.append($0) }
    return words
}

/// Calls `body` with every word in order; without the list, for indexing.
func eachWord(of text: String, _ body: (String) -> Void) {
    var text = text
    text.withUTF8 { bytes in
        var position = 0
        while position < bytes.count {
            let start = position
            var isASCII = true
            while position < bytes.count, isASCIIWord(bytes[position]) || bytes[position] >= 0x80 {
                if bytes[position] >= 0x80 { isASCII = false }
                position += 1
            }
            if position == start {
                position += 1
            } else if isASCII {
                body(lowercase(bytes[start..<position]))
            } else {
                eachForeignWord(of: String(decoding: bytes[start..<position], as: UTF8.self).lowercased(), body)
            }
        }
    }
}

private func isASCIIWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
}

private func lowercase(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
    String(unsafeUninitializedCapacity: bytes.count) { buffer in
        for (index, byte) in bytes.enumerated() {
            buffer[index] = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
        }
        return bytes.count
    }
}

private func eachForeignWord(of run: String, _ body: (String) -> Void) {
    var word = ""
    for character in run {
        let isIdeograph = character.unicodeScalars.first?.properties.isIdeographic ?? false
        if !isIdeograph, character.isLetter || character.isNumber {
            word.append(character)
            continue
        }
        if !word.isEmpty { body(word) }
        word = ""
        if isIdeograph { body(String(character)) }
    }
    if !word.isEmpty { body(word) }
}
