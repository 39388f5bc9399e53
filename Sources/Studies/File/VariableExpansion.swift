/// Expands `${VAR}` and `${VAR:-default}` in `text`; `$${` stands for a literal `${`.
///
/// A default counts where the variable is unset or empty, as in a shell.
/// - Returns: the text, and the names that are unset and have no default.
func expandVariables(in text: String, environment: [String: String]) -> (text: String, unset: [String]) {
    guard text.contains("${") else { return (text, []) }
    var result = ""
    var unset: [String] = []
    var rest = text[...]
    while let match = rest.firstMatch(of: /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/) {
        result += rest[..<match.range.lowerBound]
        rest = rest[match.range.upperBound...]
        guard let name = match.output.1 else {
            result += "${"
            continue
        }
        let value = environment[String(name)]
        if let fallback = match.output.2, value?.isEmpty != false {
            result += fallback
        } else if let value {
            result += value
        } else {
            unset.append(String(name))
        }
    }
    return (result + rest, unset)
}
