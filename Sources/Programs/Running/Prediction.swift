public import JSON

/// What a module answered.
@dynamicMemberLookup
public struct Prediction: Sendable, Hashable {
    /// The outputs by name.
    public var fields: JSONObject
    /// All answers where several were asked for, the one in ``fields`` first.
    public var completions: [JSONObject]

    /// What was answered and, where several answers were asked for, all of them.
    public init(fields: JSONObject, completions: [JSONObject] = []) {
        self.fields = fields
        self.completions = completions
    }

    /// The output `name`; nil where there is none.
    public subscript(name: String) -> JSON? { fields[name] }
}
