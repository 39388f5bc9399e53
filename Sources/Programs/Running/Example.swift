public import JSON

/// A row of data: fields, and which of them are given to the program.
public struct Example: Sendable, Hashable {
    /// All of the row.
    public var fields: JSONObject
    /// The names of the fields that the program is given.
    public var inputKeys: [String]

    /// A row, of which the program is given the fields `inputKeys`.
    public init(fields: JSONObject, inputKeys: [String]) {
        self.fields = fields
        self.inputKeys = inputKeys
    }

    /// What the program is given.
    public var inputs: JSONObject { fields.filter { inputKeys.contains($0) } }

    /// What the program is not shown: the fields that metrics compare with.
    public var labels: JSONObject { fields.filter { !inputKeys.contains($0) } }

    /// The field `name`; nil where the row has none.
    public subscript(name: String) -> JSON? { fields[name] }
}
