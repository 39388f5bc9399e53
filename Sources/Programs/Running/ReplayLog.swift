internal import JSON
internal import Synchronization

/// What a run was told by models and services, so that after a backtrack the same question needs no second call.
final class ReplayLog: Sendable {
    enum Key: Sendable, Hashable {
        /// - variant: what else tells two questions apart: rollout, temperature, revision, hints.
        case answer(PredictorQuestion, variant: [String])
        case passages(retriever: String, query: String, k: Int)
        /// - step: of the agent's trajectory.
        case observation(agent: String, step: Int, tool: String, arguments: JSONObject, variant: [String])
        case output(code: String)
    }

    private let values = Mutex<[Key: any Sendable]>([:])

    subscript<Value: Sendable>(key: Key, as type: Value.Type) -> Value? {
        get { values.withLock { $0[key] as? Value } }
    }

    func keep(_ value: some Sendable, for key: Key) { values.withLock { $0[key] = value } }
}

/// What a part of a run gave, and the predictor calls that led to it.
struct ReplayedPart<Value: Sendable>: Sendable {
    let value: Value
    let trace: [TraceStep]
    private let revisionCounts: [Int]

    init(_ value: Value, trace: [TraceStep], in backtracking: Backtracking) {
        self.value = value
        self.trace = trace
        revisionCounts = trace.map { backtracking.revisionCount(of: $0) }
    }

    /// Whether none of its calls has been revised since.
    func isCurrent(in backtracking: Backtracking) -> Bool { trace.map { backtracking.revisionCount(of: $0) } == revisionCounts }
}
