internal import Hashing
public import JSON

/// The state of every predictor of a program, in the order of the program, and its parameters.
public struct ProgramState: Sendable, Hashable {
    /// Of the predictors, in their order.
    public private(set) var paths: [String] = []
    private var states: [String: PredictorState] = [:]
    /// The chosen value of each parameter by its path, such as `search.k`.
    public var parameters: JSONObject

    public init(_ states: [(String, PredictorState)], parameters: JSONObject = [:]) {
        self.parameters = parameters
        for (path, state) in states { self[path] = state }
    }

    /// Of the uncompiled program.
    public init(initial predictors: [PredictorDescription], parameters: [ParameterDescription] = []) {
        self.init(
            predictors.map { ($0.path, PredictorState(instructions: $0.signature.instructions, demos: $0.demos)) },
            parameters: JSONObject(parameters.map { ($0.path, $0.initial) }))
    }

    /// Setting a new path appends it; setting nil removes it.
    public subscript(path: String) -> PredictorState? {
        get { states[path] }
        set {
            if newValue == nil { paths.removeAll { $0 == path } } else if states[path] == nil { paths.append(path) }
            states[path] = newValue
        }
    }

    /// No path begins with a dollar sign.
    private static let parametersKey = "$parameters"

    /// `{"intent.predict": {"instructions": …, "demos": […]}, "$parameters": {"search.k": 3}}`, the last where there are any.
    public var json: JSON {
        var object = JSONObject(paths.compactMap { path in states[path].map { (path, $0.json) } })
        if !parameters.isEmpty { object[Self.parametersKey] = .object(parameters) }
        return .object(object)
    }

    /// - Throws: a ``Diagnostic`` naming the part that is not as ``json`` writes it.
    public init(json: JSON) throws(Diagnostic) {
        guard let members = json.objectValue else {
            throw Diagnostic(JSONPath(), "a program's state is an object, not \(json.kindName)")
        }
        self.init([], parameters: members[Self.parametersKey]?.objectValue ?? [:])
        for (path, value) in members where path != Self.parametersKey {
            self[path] = try PredictorState(json: value, path: JSONPath([.key(path)]))
        }
    }

    /// The candidate's id: the first 16 hexadecimal digits of the SHA-256 of the canonical JSON.
    public var digest: String { String(sha256(json.bytes(.canonical)).prefix(16)) }
}
