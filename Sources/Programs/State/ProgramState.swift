internal import Hashing
public import JSON

/// The state of every predictor of a program, in the order of the program.
public struct ProgramState: Sendable, Hashable {
    public private(set) var paths: [String] = []
    private var states: [String: PredictorState] = [:]

    public init(_ states: [(String, PredictorState)]) {
        for (path, state) in states { self[path] = state }
    }

    /// Setting a new path appends it; setting nil removes it.
    public subscript(path: String) -> PredictorState? {
        get { states[path] }
        set {
            if newValue == nil { paths.removeAll { $0 == path } } else if states[path] == nil { paths.append(path) }
            states[path] = newValue
        }
    }

    /// `{"intent.predict": {"instructions": …, "demos": […]}}`.
    public var json: JSON {
        .object(JSONObject(paths.compactMap { path in states[path].map { (path, $0.json) } }))
    }

    /// - Throws: a ``Diagnostic`` naming the part that is not as ``json`` writes it.
    public init(json: JSON) throws(Diagnostic) {
        guard let members = json.objectValue else {
            throw Diagnostic(JSONPath(), "a program's state is an object, not \(json.kindName)")
        }
        for (path, value) in members { self[path] = try PredictorState(json: value, path: JSONPath([.key(path)])) }
    }

    /// The candidate's id: the first 16 hexadecimal digits of the SHA-256 of the canonical JSON.
    public var digest: String { String(sha256(json.bytes(.canonical)).prefix(16)) }
}
