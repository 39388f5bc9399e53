public import JSON
public import Programs
internal import Tools

/// A tool that is an HTTP request, which an agent fills in.
///
///     let weather = try WebTool(
///         name: "weather", description: "Today's weather in a city.", url: "https://weather.example.org/{city}",
///         parameters: [Field(name: "city")])
///
/// Arguments that the address has no place for go into its query, or into the JSON object that a POST request sends.
public struct WebTool: Tool {
    /// How the request is sent.
    public enum Method: String, Sendable {
        /// Without a body.
        case get
        /// With a JSON object as its body.
        case post
    }

    private let tool: any Tool

    /// - Parameters:
    ///   - url: with arguments as `{name}`, not in its host.
    ///   - headers: their values may name environment variables as `${NAME}`; an agent never sees these.
    ///   - result: where in a JSON answer the observation is, with dots between keys; nil: it is the whole answer.
    ///   - timeout: of each attempt.
    /// - Throws: everything that is wrong with the settings.
    public init(
        name: String, description: String, url: String, method: Method = .get, parameters: [Field] = [],
        headers: [String: String] = [:], result: String? = nil, timeout: Duration = .seconds(10)
    ) throws(Diagnostics) {
        let milliseconds = timeout.components.seconds * 1000 + timeout.components.attoseconds / 1_000_000_000_000_000
        var request: JSONObject = [
            "url": .string(url), "method": .string(method.rawValue), "timeout": .string("\(milliseconds)ms"),
        ]
        if !headers.isEmpty {
            request["headers"] = .object(JSONObject(headers.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        }
        request["result"] = result.map(JSON.string)
        let spec = try ToolSpec(
            section: [
                "http": .object(request), "desc": .string(description),
                "parameters": .object(JSONObject(parameters.map { ($0.name, $0.section) })),
            ], name: name)
        do throws(ServiceError) {
            tool = try makeTool(spec, retrievers: [:])
        } catch {
            throw Diagnostics([Diagnostic(JSONPath(), error.message)])
        }
    }

    /// What the model calls it.
    public var name: String { tool.name }
    /// For the model: what it does.
    public var description: String { tool.description }
    /// What the model gives.
    public var parameters: [Field] { tool.parameters }

    /// The server's answer.
    public func call(_ arguments: JSONObject) async throws -> String { try await tool.call(arguments) }
}

extension Field {
    /// As a study file declares a tool's parameter.
    fileprivate var section: JSON {
        var section: JSONObject = ["type": .string(type.pythonName)]
        section["desc"] = description.map(JSON.string)
        section["default"] = defaultValue
        return .object(section)
    }
}
