internal import Programs

/// Makes failed attempts again, as a ``RetryMachine`` decides.
struct Retrying: Sendable {
    let policy: RetryPolicy
    let sleep: @Sendable (Duration) async throws -> Void

    /// - Returns: what the attempt gave, and what those before it cost.
    /// - Throws: the last error, with the usage of all attempts.
    func callAsFunction<Answer>(
        _ attempt: () async throws(LanguageModelError) -> Answer
    ) async throws(LanguageModelError) -> (answer: Answer, lost: Usage) {
        var machine = RetryMachine(policy: policy)
        var generator = SystemRandomNumberGenerator()
        while true {
            let action: RetryMachine.Action
            let kind: LanguageModelError.Kind
            do throws(LanguageModelError) {
                return (try await attempt(), machine.usage)
            } catch {
                kind = error.kind
                action = machine.failed(error, using: &generator)
            }
            switch action {
            case .fail(let error): throw error
            case .wait(let delay):
                CallMetrics.retried(kind)
                do { try await CallWait.retry.timed { try await sleep(delay) } } catch { throw machine.cancelled() }
            }
        }
    }
}
