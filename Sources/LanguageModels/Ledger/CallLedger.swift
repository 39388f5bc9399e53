internal import Programs
internal import Synchronization

/// Books every call of a process to its study and role, and lets it pass when the budget has room for its worst case.
///
/// It talks to nobody: whoever shares the budget with others takes the words and brings the grants.
package final class CallLedger: Sendable {
    /// A call that may be sent.
    struct Reservation: Sendable {
        fileprivate let origin: CallOrigin
        fileprivate let amount: CallAmount
        fileprivate let era: Int
    }

    private enum Answer: Sendable {
        case go(era: Int)
        case refused(String)
        case cancelled
    }

    private typealias Account = SpendingAccount<CheckedContinuation<Answer, Never>>

    private struct State {
        var accounts: [CallOrigin: Account] = [:]
        /// Rises when what the process held was booked as spent: what was reserved before is not booked again.
        var era = 0
        var lastID: UInt64 = 0
        /// Woken when somebody waits.
        var listener: CheckedContinuation<Void, Never>?
        var isCalled = false
    }

    private let state = Mutex(State())
    private let start = ContinuousClock.now

    package init() {}

    // MARK: Calls

    /// Returns when the call may be sent.
    /// - Throws: an error of kind `budget` where there is no room for it, `cancelled` where the task is.
    func reserve(_ amount: CallAmount, for origin: CallOrigin) async throws(LanguageModelError) -> Reservation {
        let (era, id) = state.withLock { state -> (Int?, UInt64) in
            state.lastID += 1
            let isReserved = state.accounts[origin, default: Account()].reserve(amount)
            return (isReserved ? state.era : nil, state.lastID)
        }
        if let era { return Reservation(origin: origin, amount: amount, era: era) }
        switch await CallWait.ledger.timed({ await wait(id, amount, origin) }) {
        case .go(let era): return Reservation(origin: origin, amount: amount, era: era)
        case .refused(let limit):
            CallMetrics.refused()
            let (prompt, completion) = (amount.promptTokens, amount.completionTokens)
            throw LanguageModelError(
                .budget, "\(limit) leaves no room for a call of up to \(prompt) prompt and \(completion) completion tokens")
        case .cancelled: throw LanguageModelError(.cancelled, "the call was cancelled")
        }
    }

    private func wait(_ id: UInt64, _ amount: CallAmount, _ origin: CallOrigin) async -> Answer {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isCancelled = state.withLock { state in
                    guard !Task.isCancelled else { return true }
                    state.accounts[origin, default: Account()].wait(id, amount, waiter)
                    return false
                }
                if isCancelled { waiter.resume(returning: .cancelled) } else { callListener() }
            }
        } onCancel: {
            state.withLock { $0.accounts[origin]?.leave(id) }?.resume(returning: .cancelled)
        }
    }

    func answered(_ reservation: Reservation, tokens: (prompt: Int, completion: Int)?) {
        end(reservation, .answered(tokens: tokens))
    }

    /// - Parameter wasSent: whether the provider may have billed it.
    func failed(_ reservation: Reservation, wasSent: Bool) { end(reservation, wasSent ? .unknown : .unbilled) }

    private func end(_ reservation: Reservation, _ ending: Account.Ending) {
        let isAwaited = state.withLock { state in
            guard state.era == reservation.era else { return false }
            state.accounts[reservation.origin]?.ended(reservation.amount, ending)
            return state.accounts[reservation.origin]?.waiting.isEmpty == false
        }
        if isAwaited { callListener() }
    }

    // MARK: Words

    /// What there is to say now.
    /// - Parameter isLast: nothing more is wanted, and what is free is given back.
    package func words(isLast: Bool = false) -> [SpendingWord] {
        let now = (ContinuousClock.now - start) / .seconds(1)
        return state.withLock { state in
            state.isCalled = false
            return state.accounts.keys.compactMap { origin in
                guard var figures = state.accounts[origin]?.word(at: now) else { return nil }
                if isLast { (figures.kept, figures.wanted, figures.least) = (.zero, .zero, .zero) }
                return SpendingWord(origin: origin, figures: figures)
            }
        }
    }

    package func apply(_ grants: [SpendingGrant]) {
        var answers: [(CheckedContinuation<Answer, Never>, Answer)] = []
        state.withLock { state in
            for grant in grants {
                if let refusal = grant.refusal {
                    let refused = state.accounts[grant.origin]?.refused() ?? []
                    answers += refused.map { ($0, .refused(refusal)) }
                } else {
                    let going = state.accounts[grant.origin]?.granted(grant.amount) ?? []
                    answers += going.map { ($0, .go(era: state.era)) }
                }
            }
        }
        for (waiter, answer) in answers { waiter.resume(returning: answer) }
    }

    /// The words were not heard: they are said again.
    package func unheard(_ words: [SpendingWord]) {
        state.withLock { state in
            for word in words { state.accounts[word.origin]?.unheard() }
        }
    }

    /// What this process held was booked as spent, for it was not heard of.
    package func lost() {
        state.withLock { state in
            state.era += 1
            for origin in state.accounts.keys { state.accounts[origin]?.lost() }
        }
    }

    /// Whether calls wait for an allowance.
    package var isAwaited: Bool { state.withLock { $0.accounts.values.contains { !$0.waiting.isEmpty } } }

    /// Returns when somebody waits for an allowance, and soon after the task was cancelled or the time is up.
    package func wait(atMost limit: Duration) async {
        let alarm = Task {
            do { try await Task.sleep(for: limit) } catch { return }
            callListener()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isCalled = state.withLock { state in
                    guard !state.isCalled, !Task.isCancelled else { return true }
                    state.listener = waiter
                    return false
                }
                if isCalled { waiter.resume() }
            }
        } onCancel: {
            callListener()
        }
        alarm.cancel()
    }

    private func callListener() {
        let listener = state.withLock { state in
            defer { state.listener = nil }
            state.isCalled = true
            return state.listener
        }
        listener?.resume()
    }
}
