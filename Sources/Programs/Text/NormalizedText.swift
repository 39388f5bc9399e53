internal import Foundation

/// Text as SQuAD's and DSPy's metrics compare it: decomposed (NFD), in lower case, without ASCII punctuation and without the
/// articles a, an, the; words separated by one space.
public func normalizedText(_ text: String) -> String { normalizedTokens(text).joined(separator: " ") }

/// The words of ``normalizedText(_:)``.
package func normalizedTokens(_ text: String) -> [String] {
    var words: [[Unicode.Scalar]] = [[]]
    var run: [Unicode.Scalar] = []
    func flush() {
        // An article is a whole run of word characters; it leaves a space behind.
        if articles.contains(run) { words.append([]) } else { words[words.count - 1] += run }
        run = []
    }
    for scalar in lowercased(decomposed(text)) where !isASCIIPunctuation(scalar) {
        if isWordCharacter(scalar) {
            run.append(scalar)
            continue
        }
        flush()
        if isSpace(scalar) { words.append([]) } else { words[words.count - 1].append(scalar) }
    }
    flush()
    return words.filter { !$0.isEmpty }.map { $0.reduce(into: "") { $0.unicodeScalars.append($1) } }
}

private func decomposed(_ text: String) -> String {
    text.utf8.allSatisfy { $0 < 0x80 } ? text : text.decomposedStringWithCanonicalMapping
}

private let articles: Set<[Unicode.Scalar]> = [["a"], ["a", "n"], ["t", "h", "e"]]

/// Unicode's full lower case with its one rule of context, which Swift's own leaves out: a sigma that ends a word is ς.
private func lowercased(_ text: String) -> [Unicode.Scalar] {
    let scalars = Array(text.unicodeScalars)
    var lower: [Unicode.Scalar] = []
    lower.reserveCapacity(scalars.count)
    for (index, scalar) in scalars.enumerated() {
        if scalar.isASCII {
            lower.append(scalar.value >= 0x41 && scalar.value <= 0x5A ? Unicode.Scalar(UInt8(scalar.value) + 0x20) : scalar)
        } else if scalar == "Σ" {
            func nextIsCased(_ scalars: some Sequence<Unicode.Scalar>) -> Bool {
                scalars.first { !$0.properties.isCaseIgnorable }?.properties.isCased ?? false
            }
            lower.append(nextIsCased(scalars[..<index].reversed()) && !nextIsCased(scalars[(index + 1)...]) ? "ς" : "σ")
        } else {
            lower += scalar.properties.lowercaseMapping.unicodeScalars
        }
    }
    return lower
}

private func isASCIIPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
}

/// Python's `\w`: letters and numbers, not combining marks.
private func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
    // The properties of a scalar are looked up in tables: most text needs none.
    if scalar.isASCII { return (0x30...0x39).contains(scalar.value) || (0x61...0x7A).contains(scalar.value | 0x20) }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: scalar.properties.numericType != nil
    }
}

/// What Python's `str.split` splits at.
private func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar == " " || (0x09...0x0D).contains(scalar.value) || (0x1C...0x1F).contains(scalar.value) }
    return scalar.properties.isWhitespace
}
