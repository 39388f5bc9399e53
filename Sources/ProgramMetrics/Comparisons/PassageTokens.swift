internal import Programs

/// The tokens in which passages are searched for answers: those of DPR's SimpleTokenizer over normalised text, that is runs of
/// letters, digits and marks, and any other visible character by itself.
func passageTokens(_ text: String) -> [String] {
    var tokens: [String] = []
    var run = ""
    func flush() {
        if !run.isEmpty { tokens.append(run) }
        run = ""
    }
    for scalar in normalizedText(text).unicodeScalars {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .letterNumber,
            .otherNumber, .nonspacingMark, .spacingMark, .enclosingMark:
            run.unicodeScalars.append(scalar)
        case .spaceSeparator, .lineSeparator, .paragraphSeparator, .control, .format, .surrogate, .privateUse, .unassigned:
            flush()
        default:
            flush()
            tokens.append(String(scalar))
        }
    }
    flush()
    return tokens
}
