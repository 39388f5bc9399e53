package import Programs
internal import Synchronization

/// Answers a request that was answered before from memory, and makes identical requests at the same time one call.
///
/// An answer from memory, or from a call that another request had begun, has `Usage(cached: 1)`. Errors are not remembered;
/// whoever waits for a call that fails gets its error. `ChatRequest.retry` tells requests apart, so an answer that did not
/// parse is never served again.
package final class RememberingModel: LanguageModel {
    private typealias Outcome = Result<ChatResponse, LanguageModelError>
    private typealias Waiter = CheckedContinuation<Outcome, Never>

    private struct State {
        var answers: RecentAnswers
        var calls = SharedCalls<Waiter>()
        var tasks: [SharedCalls<Waiter>.CallID: Task<Void, Never>] = [:]
    }

    private let model: any LanguageModel
    private let temperature: Double?
    private let state: Mutex<State>

    /// - Parameters:
    ///   - temperature: the model's own, which holds where a request says nothing. At 0 rollouts do not tell requests apart.
    ///   - limit: how much is remembered, in bytes.
    package init(_ model: any LanguageModel, temperature: Double? = nil, limit: Int = 64 << 20) {
        self.model = model
        self.temperature = temperature
        state = Mutex(State(answers: RecentAnswers(limit: limit)))
    }

    package var responseFormats: ResponseFormatSupport { model.responseFormats }

    /// How many answers are remembered, and what they take in bytes, about.
    package var size: (answers: Int, bytes: Int) { state.withLock { ($0.answers.count, $0.answers.bytes) } }

    package func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        var request = request
        if request.temperature ?? temperature == 0 { request.rollout = nil }
        let key = request
        let ticket = state.withLock { $0.calls.ticket() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                // A cancellation from here on finds the waiter; one before is seen now.
                let known = state.withLock { Self.join(key, ticket, waiter, self, &$0) }
                if let known { waiter.resume(returning: known) }
            }
        } onCancel: {
            leave(ticket)
        }
        return try outcome.get()
    }

    /// - Returns: the outcome where it is known at once.
    private static func join(
        _ request: ChatRequest, _ ticket: SharedCalls<Waiter>.Ticket, _ waiter: Waiter, _ memory: RememberingModel,
        _ state: inout State
    ) -> Outcome? {
        if var response = state.answers.answer(to: request) {
            response.usage = Usage(cached: 1)
            return .success(response)
        }
        if Task.isCancelled { return .failure(cancelled) }
        if let id = state.calls.join(request, ticket, waiter) {
            // Not a child of this task: the call goes on for the others where this one is cancelled.
            state.tasks[id] = Task { @concurrent in await memory.call(request, id) }
        }
        return nil
    }

    private func call(_ request: ChatRequest, _ id: SharedCalls<Waiter>.CallID) async {
        let outcome: Outcome
        do throws(LanguageModelError) {
            outcome = .success(try await model.complete(request))
        } catch {
            outcome = .failure(error)
        }
        let waiters = state.withLock { state in
            if case .success(let response) = outcome { state.answers.remember(response, for: request) }
            state.tasks[id] = nil
            return state.calls.ended(id)
        }
        waiters.first?.resume(returning: outcome)
        for waiter in waiters.dropFirst() { waiter.resume(returning: Self.shared(outcome)) }
    }

    private func leave(_ ticket: SharedCalls<Waiter>.Ticket) {
        let waiter: Waiter? = state.withLock { state in
            switch state.calls.leave(ticket) {
            case .resume(let waiter): return waiter
            case .abandon(let id): state.tasks[id]?.cancel()
            case .nothing: break
            }
            return nil
        }
        waiter?.resume(returning: .failure(Self.cancelled))
    }

    /// The outcome for those who do not bear its cost.
    private static func shared(_ outcome: Outcome) -> Outcome {
        switch outcome {
        case .success(var response):
            response.usage = Usage(cached: 1)
            return .success(response)
        case .failure(var error):
            error.usage = .zero
            return .failure(error)
        }
    }

    private static let cancelled = LanguageModelError(.cancelled, "the call was cancelled")
}
