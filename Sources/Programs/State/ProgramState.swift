internal import Hashing
public import JSON

/// The state of every predictor of a program, in the order of the program, and its parameters.
public struct ProgramState: Sendable, Hashable {
    /// Of the predictors, in their order.
    public private(set) var paths: [String] = []
    private var states: [String: PredictorState] = [:]
    /// The chosen value of each parameter by its path, such as `search.k`.
    public var parameters: JSONObject
    /// Where there are any, they take the place of the predictors' own demos in a run.
    public var nearestDemos: NearestDemos?
    /// Others that answer with this one; nil: it answers alone.
    public var ensemble: EnsembleState?

    /// By path, in the order of the predictors.
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

    /// All that answer together, this one first; each answers alone.
    public var members: [ProgramState] {
        var alone = self
        alone.ensemble = nil
        return [alone] + (ensemble?.partners ?? [])
    }

    /// Whether a run chooses demos by the likeness of embeddings.
    public var needsEmbeddingModel: Bool { members.contains { $0.nearestDemos != nil } }

    /// No path begins with a dollar sign.
    private static let parametersKey = "$parameters"
    private static let nearestKey = "$nearest_demos"
    private static let ensembleKey = "$ensemble"
    private static let ownKeys = [parametersKey, nearestKey, ensembleKey]

    /// `{"intent.predict": {"instructions": …, "demos": […]}, "$parameters": {"search.k": 3}}`, and `$nearest_demos` and
    /// `$ensemble`; those with a dollar sign where there are any.
    public var json: JSON {
        var object = JSONObject(paths.compactMap { path in states[path].map { (path, $0.json) } })
        if !parameters.isEmpty { object[Self.parametersKey] = .object(parameters) }
        object[Self.nearestKey] = nearestDemos?.json
        object[Self.ensembleKey] = ensemble?.json
        return .object(object)
    }

    /// - Throws: a ``Diagnostic`` naming the part that is not as ``json`` writes it.
    public init(json: JSON) throws(Diagnostic) {
        guard let members = json.objectValue else {
            throw Diagnostic(JSONPath(), "a program's state is an object, not \(json.kindName)")
        }
        self.init([], parameters: members[Self.parametersKey]?.objectValue ?? [:])
        for (path, value) in members where !Self.ownKeys.contains(path) {
            self[path] = try PredictorState(json: value, path: JSONPath([.key(path)]))
        }
        if let value = members[Self.nearestKey] {
            nearestDemos = try NearestDemos(json: value, path: JSONPath([.key(Self.nearestKey)]))
        }
        if let value = members[Self.ensembleKey] {
            ensemble = try EnsembleState(json: value, path: JSONPath([.key(Self.ensembleKey)]))
        }
    }

    /// The candidate's id: the first 16 hexadecimal digits of the SHA-256 of the canonical JSON.
    public var digest: String { String(sha256(json.bytes(.canonical)).prefix(16)) }
}
