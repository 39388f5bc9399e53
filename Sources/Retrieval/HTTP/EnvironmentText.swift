/// A text that may name environment variables as `${VAR}`. It is expanded only where it is used: what is stored, shown or
/// hashed is the text with the names.
package struct EnvironmentText: Sendable, Hashable {
    package let text: String

    package init(_ text: String) { self.text = text }

    /// The names of the variables, in order.
    package var variables: [String] { text.matches(of: Self.reference).map { String($0.output.1) } }

    /// The text without them.
    var remainder: String { text.replacing(Self.reference, with: "") }

    /// - Returns: the text with values in place of names; nil where a variable is unset.
    package func expanded(in environment: [String: String]) -> String? {
        guard variables.allSatisfy({ environment[$0] != nil }) else { return nil }
        return text.replacing(Self.reference) { environment[String($0.output.1)] ?? "" }
    }

    private static var reference: Regex<(Substring, Substring)> { /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/ }
}
