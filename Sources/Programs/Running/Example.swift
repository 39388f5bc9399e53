public import JSON

/// A row of data: fields, and which of them are given to the program.
public struct Example: Sendable, Hashable {
    public var fields: JSONObject
    public var inputKeys: [String]

    public init(fields: JSONObject, inputKeys: [String]) {
        self.fields = fields
        self.inputKeys = inputKeys
    }

    public var inputs: JSONObject { fields.filter { inputKeys.contains($0) } }

    /// What the program is not shown: the fields that metrics compare with.
    public var labels: JSONObject { fields.filter { !inputKeys.contains($0) } }

    public subscript(name: String) -> JSON? { fields[name] }
}
