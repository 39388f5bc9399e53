internal import JSON
internal import Synchronization

/// What a running program gives to the predictors inside it, however deep in the user's code they are called.
struct RunScope: Sendable {
    @TaskLocal static var current: RunScope?

    let context: RunContext
    /// The path of each predictor of the program.
    let paths: [ObjectIdentifier: String]
    let recorder: RunRecorder
}

/// Collects what a run did. Shared by the predictor calls of one run, which may be concurrent.
final class RunRecorder: Sendable {
    private struct Record {
        var trace: [TraceStep] = []
        var usage = Usage.zero
        var missingData: RunFailure?
    }

    private let record = Mutex(Record())

    func add(_ step: TraceStep) { record.withLock { $0.trace.append(step) } }

    func add(_ usage: Usage) { record.withLock { $0.usage += usage } }

    /// Keeps the first failure that is not the program's fault: code that catches it must not turn it into an answer.
    func note(_ failure: RunFailure) {
        guard failure.fault != .program else { return }
        record.withLock { $0.missingData = $0.missingData ?? failure }
    }

    func result(_ outcome: Result<Prediction, RunFailure>) -> RunResult {
        record.withLock { record in
            RunResult(outcome: record.missingData.map { .failure($0) } ?? outcome, trace: record.trace, usage: record.usage)
        }
    }
}
