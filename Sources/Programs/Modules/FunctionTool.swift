public import JSON

/// A Swift function as a tool.
///
///     struct Route: Decodable { var from: String, to: String, byTrain: Bool? }
///
///     let distance = FunctionTool(name: "distance", description: "Kilometres between two towns.") { (route: Route) in
///         try await kilometres(from: route.from, to: route.to)
///     }
public struct FunctionTool: Tool {
    /// What the model calls it.
    public let name: String
    /// For the model: what it does.
    public let description: String
    /// What the model gives.
    public let parameters: [Field]
    private let function: @Sendable (JSONObject) async throws -> String

    /// A function of arguments by name.
    public init(
        name: String, description: String, parameters: [Field] = [],
        function: @escaping @Sendable (JSONObject) async throws -> String
    ) {
        self.name = name
        self.description = description
        self.parameters = parameters
        self.function = function
    }

    /// A function of a structure, whose properties are the parameters.
    /// - Parameter parameterDescriptions: what a parameter means, for the model, by its name.
    /// - Precondition: `Arguments` is a structure with at least one property that is read when it is decoded.
    public init<Arguments: Decodable & SendableMetatype>(
        name: String, description: String, parameterDescriptions: [String: String] = [:],
        function: @escaping @Sendable (Arguments) async throws -> String
    ) {
        guard case .object(let type) = FieldType.of(Arguments.self) else {
            preconditionFailure("tool '\(name)': \(Arguments.self) has no properties that could be its parameters")
        }
        let parameters = type.properties.map { property in
            Field(
                name: property.name, type: property.type,
                description: parameterDescriptions[property.name] ?? property.description,
                defaultValue: property.defaultValue)
        }
        self.init(name: name, description: description, parameters: parameters) { arguments in
            try await function(JSON.object(arguments).decoded(as: Arguments.self))
        }
    }

    /// Calls the function.
    public func call(_ arguments: JSONObject) async throws -> String { try await function(arguments) }
}
