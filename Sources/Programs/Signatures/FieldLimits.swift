public import JSON

/// The limits of a field's value. They are told to the model and, unlike in DSPy, hold when its answer is parsed: a value
/// outside makes the answer an ``UnparseableAnswer``, for what follows relies on them. Defaults are not checked.
public struct FieldLimits: Sendable, Hashable {
    /// The keys of a field that are limits, with the words in which the prompt states them.
    private static let words = [
        ("gt", "greater than: "), ("ge", "greater than or equal to: "), ("lt", "less than: "), ("le", "less than or equal to: "),
        ("min_length", "minimum length: "), ("max_length", "maximum length: "),
        ("multiple_of", "a multiple of the given number: "),
    ]

    /// The keys that a limit can have.
    public static let keys = words.map(\.0)

    /// Limit by key, in the order in which they were written.
    public var values: JSONObject

    /// Limits by DSPy's names: `ge`, `gt`, `le`, `lt`, `multiple_of`, `min_length`, `max_length`.
    public init(_ values: JSONObject = [:]) { self.values = values }

    /// `greater than or equal to: 1, less than or equal to: 5`; nil without limits.
    public var text: String? {
        guard !values.isEmpty else { return nil }
        return values.compactMap { key, value in
            Self.words.first { $0.0 == key }.map { $0.1 + pythonText(of: value) }
        }.joined(separator: ", ")
    }
}
