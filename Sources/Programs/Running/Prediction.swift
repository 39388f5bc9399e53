public import JSON

/// What a module answered.
public struct Prediction: Sendable, Hashable {
    public var fields: JSONObject

    public init(fields: JSONObject) { self.fields = fields }

    public subscript(name: String) -> JSON? { fields[name] }
}
