package import Programs

/// Sends failed requests again, as a ``RetryMachine`` decides. Usage covers all attempts.
package struct RetryingModel: LanguageModel {
    private let model: any LanguageModel
    private let policy: RetryPolicy
    private let sleep: @Sendable (Duration) async throws -> Void

    package init(
        _ model: any LanguageModel, policy: RetryPolicy = RetryPolicy(),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.model = model
        self.policy = policy
        self.sleep = sleep
    }

    package func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        var machine = RetryMachine(policy: policy)
        var generator = SystemRandomNumberGenerator()
        while true {
            let action: RetryMachine.Action
            do throws(LanguageModelError) {
                return machine.succeeded(try await model.complete(request))
            } catch {
                action = machine.failed(error, using: &generator)
            }
            switch action {
            case .fail(let error): throw error
            case .wait(let delay):
                do { try await sleep(delay) } catch { throw machine.cancelled() }
            }
        }
    }
}
