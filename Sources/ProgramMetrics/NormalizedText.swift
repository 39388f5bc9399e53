internal import Foundation

/// Text as SQuAD's and DSPy's metrics compare it: decomposed (NFD), in lower case, without ASCII punctuation and without the
/// articles a, an, the; words separated by one space.
public func normalizedText(_ text: String) -> String {
    let lower = text.decomposedStringWithCanonicalMapping.lowercased()
    var words: [[Unicode.Scalar]] = [[]]
    var run: [Unicode.Scalar] = []
    func flush() {
        // An article is a whole run of word characters; it leaves a space behind.
        if articles.contains(run) { words.append([]) } else { words[words.count - 1] += run }
        run = []
    }
    for scalar in lower.unicodeScalars where !isASCIIPunctuation(scalar) {
        if isWordCharacter(scalar) {
            run.append(scalar)
            continue
        }
        flush()
        if isSpace(scalar) { words.append([]) } else { words[words.count - 1].append(scalar) }
    }
    flush()
    return words.filter { !$0.isEmpty }.map { $0.reduce(into: "") { $0.unicodeScalars.append($1) } }.joined(separator: " ")
}

/// The words of ``normalizedText(_:)``.
func normalizedTokens(_ text: String) -> [Substring] { normalizedText(text).split(separator: " ") }

private let articles: Set<[Unicode.Scalar]> = [["a"], ["a", "n"], ["t", "h", "e"]]

private func isASCIIPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
}

/// Python's `\w`: letters and numbers, not combining marks.
private func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: scalar.properties.numericType != nil
    }
}

/// What Python's `str.split` splits at.
private func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
}
