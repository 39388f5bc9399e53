internal import JSON
internal import Synchronization

/// Collects what one attempt of a run did. Shared by its predictor calls, which may be concurrent.
final class RunRecorder: Sendable {
    private struct Record {
        var trace: [TraceStep] = []
        var usage = UsageByRole.zero
        var missingData: RunFailure?
        var cancellation: RunFailure?
        var failedAssert: RunFailure?
        var backtrack: Backtrack?
        var assertions = AssertionCounts()
    }

    private let record = Mutex(Record())
    /// Of the run that this one records a part of.
    private let outer: RunRecorder?

    init(partOf outer: RunRecorder? = nil) { self.outer = outer }

    func add(_ step: TraceStep) { record.withLock { $0.trace.append(step) } }

    func add(_ usage: UsageByRole) { record.withLock { $0.usage += usage } }

    /// Keeps the first failure that is not the program's fault: code that catches it must not turn it into an answer.
    /// What fails in a cancelled task is no such failure by itself: the program may have given up a sibling of a failed call.
    func note(_ failure: RunFailure) {
        guard failure.fault != .program else { return }
        record.withLock { record in
            if failure.isCancellation || Task.isCancelled {
                record.cancellation = record.cancellation ?? failure
            } else {
                record.missingData = record.missingData ?? failure
            }
        }
    }

    /// Code that catches the error must not keep the run from starting again.
    func note(_ backtrack: Backtrack) { record.withLock { $0.backtrack = $0.backtrack ?? backtrack } }

    /// Counts an assertion that failed to the end. Code that catches a hard one must not turn it into an answer.
    func noteViolation(_ message: String, isHard: Bool) {
        record.withLock { record in
            if isHard { record.assertions.failedAsserts += 1 } else { record.assertions.failedSuggests += 1 }
            record.assertions.messages.append(message)
            if isHard { record.failedAssert = record.failedAssert ?? .failedAssertion(message) }
        }
    }

    /// The last call of a predictor at one of `paths`, in this part of the run or before it; nil paths: of any.
    func lastStep(at paths: Set<String>?) -> TraceStep? {
        let last = record.withLock { record in
            record.trace.last { step in paths?.contains(step.path) ?? true }
        }
        return last ?? outer?.lastStep(at: paths)
    }

    var trace: [TraceStep] { record.withLock { $0.trace } }
    var usage: UsageByRole { record.withLock { $0.usage } }
    /// The first failure that leaves the run without data.
    var missingData: RunFailure? {
        let (failure, cancellation) = record.withLock { ($0.missingData, $0.cancellation) }
        return failure ?? (Task.isCancelled ? cancellation : nil)
    }
    var failedAssert: RunFailure? { record.withLock { $0.failedAssert } }
    var backtrack: Backtrack? { record.withLock { $0.backtrack } }
    var assertions: AssertionCounts { record.withLock { $0.assertions } }

    /// Takes over what a part of the run did: what it used in any case, the rest only where its answer is kept.
    func adopt(_ part: RunRecorder, isKept: Bool) {
        let other = part.record.withLock { $0 }
        record.withLock { record in
            record.usage += other.usage
            record.missingData = record.missingData ?? other.missingData
            record.cancellation = record.cancellation ?? other.cancellation
            guard isKept else { return }
            record.trace += other.trace
            record.backtrack = record.backtrack ?? other.backtrack
            record.failedAssert = record.failedAssert ?? other.failedAssert
            record.assertions.failedAsserts += other.assertions.failedAsserts
            record.assertions.failedSuggests += other.assertions.failedSuggests
            record.assertions.messages += other.assertions.messages
        }
    }
}
