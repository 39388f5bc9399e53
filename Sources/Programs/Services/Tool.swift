public import JSON

/// Something that a ReAct agent can call.
public protocol Tool: Sendable {
    /// What the model calls it; letters, digits and underscores.
    var name: String { get }
    /// For the model: what it does.
    var description: String { get }
    /// The arguments. One with a default, or whose type admits None, may be left out.
    var parameters: [Field] { get }

    /// The observation for arguments that fit ``parameters``.
    /// - Throws: whatever went wrong; the agent sees it as an observation, unless it is a ``ServiceError`` whose fault is not
    ///   the program's.
    func call(_ arguments: JSONObject) async throws -> String
}

/// What a model is told about a tool.
public struct ToolDescription: Sendable, Hashable {
    /// What the model calls it.
    public var name: String
    /// What it does.
    public var description: String
    /// What the model gives.
    public var parameters: [Field]

    /// What an agent is told of a tool.
    public init(name: String, description: String, parameters: [Field]) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }
}

extension Tool {
    /// What a model is told about the tool.
    public var toolDescription: ToolDescription {
        ToolDescription(name: name, description: description, parameters: parameters)
    }
}
