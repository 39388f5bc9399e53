internal import Hashing
internal import JSON

/// What a running program gives to the modules inside it, however deep in the user's code they are called.
struct RunScope: Sendable {
    @TaskLocal static var current: RunScope?

    var context: RunContext
    /// The path of each module of the program that has one.
    let paths: [ObjectIdentifier: String]
    private(set) var recorder = RunRecorder()
    private(set) var backtracking: Backtracking
    /// False within one of several tries: a failed assertion spoils the try, and the next one is the remedy.
    private(set) var mayBacktrack = true
    let log: ReplayLog
    /// Advice for each predictor by its path, from a ``Refine`` around them.
    var hints: JSONObject?

    init(context: RunContext, paths: [ObjectIdentifier: String], backtracking: Backtracking, log: ReplayLog) {
        self.context = context
        self.paths = paths
        self.backtracking = backtracking
        self.log = log
    }

    /// The scope of the program that is running; for a module that is called on its own, one made of its surroundings.
    static var active: RunScope {
        current
            ?? RunScope(context: Surroundings.current.context, paths: [:], backtracking: Backtracking(limit: 0), log: ReplayLog())
    }

    /// The active scope, in which the predictors of `module` have paths also where no program runs.
    static func active(for module: any Module) -> RunScope {
        current
            ?? RunScope(
                context: Surroundings.current.context, paths: PredictorTree(of: module).paths,
                backtracking: Backtracking(limit: 0),
                log: ReplayLog())
    }

    /// What `key` was answered before the last backtrack, or what `ask` answers now.
    func replayed<Value: Sendable, Failure: Error>(
        _ key: ReplayLog.Key, _ ask: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        if backtracking.count > 0, let value = log[key, as: Value.self] { return value }
        let value = try await ask()
        if backtracking.limit > 0 { log.keep(value, for: key) }
        return value
    }

    /// Like ``replayed(_:_:)``, for an operation that may itself ask predictors of the program: their calls are in the trace
    /// again, and it runs anew where one of them is revised.
    func replayedPart<Value: Sendable>(_ key: ReplayLog.Key, _ operation: () async throws -> Value) async throws -> Value {
        if backtracking.count > 0, let kept = log[key, as: ReplayedPart<Value>.self], kept.isCurrent(in: backtracking) {
            for step in kept.trace { recorder.add(step) }
            return kept.value
        }
        let part = part()
        defer { adopt(part, isKept: true) }
        let value = try await part.run(operation)
        // What it counted would not be counted again.
        if backtracking.limit > 0, part.recorder.assertions.isEmpty {
            log.keep(ReplayedPart(value, trace: part.recorder.trace, in: backtracking), for: key)
        }
        return value
    }

    /// A failure that lasts until somebody gives the run what it lacks.
    func refusal(_ kind: String, _ message: String) -> RunFailure {
        let failure = RunFailure(fault: .refused, kind: kind, message: message)
        recorder.note(failure)
        return failure
    }

    /// What tells this scope's questions apart from those of other tries.
    var variant: [String] {
        [
            context.rollout.map(String.init) ?? "", context.temperature.map { "\($0)" } ?? "",
            hints.map { JSON.object($0).serialized() } ?? "",
        ]
    }

    // MARK: Parts of a run

    /// A scope for a part of the run whose trace may be discarded, or is to come in a certain order.
    /// - Parameter isTry: failed assertions in it do not make the run start again.
    func part(isTry: Bool = false) -> RunScope {
        var part = self
        part.recorder = RunRecorder(partOf: recorder)
        if isTry { part.mayBacktrack = false }
        return part
    }

    /// A scope for one of several tries of the same question: a draw of its own.
    func tries(_ index: Int, temperature: Double) -> RunScope {
        var scope = part(isTry: true)
        scope.context.rollout = context.rollout.map { derived($0, index) } ?? UInt64(index)
        scope.context.temperature = temperature
        return scope
    }

    func adopt(_ part: RunScope, isKept: Bool) { recorder.adopt(part.recorder, isKept: isKept) }

    /// Runs `operation` with this scope as the current one.
    func run<Value>(_ operation: () async throws -> Value) async rethrows -> Value {
        try await Self.$current.withValue(self, operation: operation)
    }
}

/// The rollout of a part of a rollout: 48 bits, which every JSON reader keeps exact.
func derived(_ rollout: UInt64, _ index: Int) -> UInt64 {
    UInt64(sha256("\(rollout)/\(index)").prefix(12), radix: 16) ?? 0
}
