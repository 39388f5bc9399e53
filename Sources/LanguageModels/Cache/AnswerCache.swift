package import Programs
internal import Synchronization

/// The answers that a process shares: those in memory, up to a size, in front of the team's archive.
///
/// What is in neither is asked for, once for all who ask at the same time. Errors are not kept; whoever waits for a call that
/// fails gets its error, unless it is of the caller's key or budget: then it asks on its own account. Whoever begins a call
/// bears its cost; the others, and those who are answered from the cache, have `Usage(cached: 1)`.
package final class AnswerCache: Sendable {
    /// What a call gives: an answer, and what it took.
    package typealias Outcome = Result<(answer: CachedAnswer, usage: Usage), LanguageModelError>
    /// It is told nil where another's call failed for reasons of that other's own.
    private typealias Waiter = CheckedContinuation<Outcome?, Never>

    private struct State {
        var answers: RecentAnswers
        var calls = SharedCalls<Waiter>()
        var tasks: [SharedCalls<Waiter>.CallID: Task<Void, Never>] = [:]
    }

    private let state: Mutex<State>
    private let reader: ArchiveReader?
    private let writer: ArchiveWriter?

    /// - Parameters:
    ///   - limit: how much is remembered, in bytes.
    ///   - archive: the team's; nil: what is asked here is known here only.
    ///   - patience: how long look-ups wait for an archive that is away before calls go on without it.
    ///   - log: told what goes wrong with the archive.
    package init(
        limit: Int = 64 << 20, archive: (any AnswerArchive)? = nil, patience: Duration = .seconds(20),
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        state = Mutex(State(answers: RecentAnswers(limit: limit)))
        reader = archive.map { ArchiveReader($0, patience: patience, log: log) }
        writer = archive.map { ArchiveWriter($0, log: log) }
    }

    /// How many answers are remembered, and what they take in bytes, about.
    package var size: (answers: Int, bytes: Int) { state.withLock { ($0.answers.count, $0.answers.bytes) } }

    /// The answer to the call that `item` names, without `item.answer` being looked at: from memory, from the archive, or
    /// by `call`.
    func answer(
        _ key: CallKey, _ call: @escaping @Sendable () async -> Outcome,
        archived: @escaping @Sendable (CachedAnswer) -> ArchivedAnswer
    ) async throws(LanguageModelError) -> (answer: CachedAnswer, usage: Usage) {
        // The loop stands apart from the wait: with both in one function, builds that Swift 6.3.1 optimised corrupted their heap.
        var outcome: Outcome?
        while outcome == nil { outcome = await wait(for: key, call, archived) }
        guard let outcome else { throw Self.cancelled }
        return try outcome.get()
    }

    /// - Returns: nil where another's call failed for reasons of that other's own.
    private func wait(
        for key: CallKey, _ call: @escaping @Sendable () async -> Outcome,
        _ archived: @escaping @Sendable (CachedAnswer) -> ArchivedAnswer
    ) async -> Outcome? {
        let ticket = state.withLock { $0.calls.ticket() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                // A cancellation from here on finds the waiter; one before is seen now.
                let known = state.withLock { join(key, ticket, waiter, call, archived, &$0) }
                if let known { waiter.resume(returning: known) }
            }
        } onCancel: {
            leave(ticket)
        }
    }

    /// Answers to many keys at once, as far as memory and archive have them.
    func known(_ keys: [CallKey]) async -> [CallKey: CachedAnswer] {
        var found: [CallKey: CachedAnswer] = [:]
        state.withLock { state in
            for key in keys where found[key] == nil { found[key] = state.answers.answer(to: key) }
        }
        CallMetrics.found(.memory, found.count)
        let missing = Set(keys).filter { found[$0] == nil }
        guard let reader, !missing.isEmpty else { return found }
        let archived = await withTaskGroup(of: (CallKey, CachedAnswer?).self) { group in
            for key in missing { group.addTask { (key, await reader.find(key)) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        CallMetrics.found(.team, archived.count)
        state.withLock { state in
            for (key, answer) in archived { state.answers.remember(answer, for: key) }
        }
        return found.merging(archived) { first, _ in first }
    }

    /// Keeps an answer that was asked for elsewhere.
    func keep(_ item: ArchivedAnswer) {
        state.withLock { $0.answers.remember(item.answer, for: item.key) }
        writer?.add(item)
    }

    /// Writes what waits to be written to the archive; gives up after a while where the archive is away.
    package func flush() async { await writer?.flush() }

    // MARK: Calls

    /// - Returns: the outcome where it is known at once.
    private func join(
        _ key: CallKey, _ ticket: SharedCalls<Waiter>.Ticket, _ waiter: Waiter,
        _ call: @escaping @Sendable () async -> Outcome, _ archived: @escaping @Sendable (CachedAnswer) -> ArchivedAnswer,
        _ state: inout State
    ) -> Outcome? {
        if let answer = state.answers.answer(to: key) {
            CallMetrics.found(.memory)
            return .success((answer, Usage(cached: 1)))
        }
        if Task.isCancelled { return .failure(Self.cancelled) }
        if let id = state.calls.join(key, ticket, waiter) {
            // Not a child of this task: the call goes on for the others where this one is cancelled.
            state.tasks[id] = Task { @concurrent in await self.run(id, key, call, archived) }
        } else {
            CallMetrics.found(.shared)
        }
        return nil
    }

    private func run(
        _ id: SharedCalls<Waiter>.CallID, _ key: CallKey, _ call: @Sendable () async -> Outcome,
        _ archived: @Sendable (CachedAnswer) -> ArchivedAnswer
    ) async {
        let stored = await reader?.find(key)
        let outcome: Outcome
        if let stored {
            CallMetrics.found(.team)
            outcome = .success((stored, Usage(cached: 1)))
        } else {
            outcome = await call()
        }
        let waiters = state.withLock { state in
            if case .success(let (answer, _)) = outcome { state.answers.remember(answer, for: key) }
            state.tasks[id] = nil
            return state.calls.ended(id)
        }
        if stored == nil, case .success(let (answer, _)) = outcome { writer?.add(archived(answer)) }
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

    /// The outcome for those who do not bear its cost; nil where it tells them nothing.
    private static func shared(_ outcome: Outcome) -> Outcome? {
        switch outcome {
        case .success(let (answer, _)): return .success((answer, Usage(cached: 1)))
        case .failure(let error) where [.budget, .missingKey, .authentication, .billing].contains(error.kind): return nil
        case .failure(var error):
            error.usage = .zero
            return .failure(error)
        }
    }

    private static let cancelled = LanguageModelError(.cancelled, "the call was cancelled")
}
