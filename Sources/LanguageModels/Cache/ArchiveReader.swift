internal import Synchronization

/// Looks answers up in the archive, all that are wanted at one time in one question.
///
/// While a question is under way the next one collects: an idle process waits for one round trip, a busy one asks for many
/// keys in each. A question that fails is put again for a while, since a miss may be a call that is paid twice. An archive that
/// is away for longer is left alone; a look-up is then a miss. After a pause one question finds out whether it is back, and
/// until it is answered all others are misses: nobody waits for an archive that stands still.
final class ArchiveReader: Sendable {
    private typealias Waiter = CheckedContinuation<CachedAnswer?, Never>

    private struct State {
        var waiting: [(key: CallKey, waiter: Waiter)] = []
        var isAsking = false
        /// When the first of the failures in a row was.
        var failingSince: ContinuousClock.Instant?
        var pause = ArchivePause()
    }

    private static let mostAtOnce = 1000
    private static let betweenAttempts = Duration.milliseconds(500)

    private let archive: any AnswerArchive
    private let patience: Duration
    private let log: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameter patience: how long after its first failure an archive is still waited for.
    init(_ archive: any AnswerArchive, patience: Duration, log: @escaping @Sendable (String) -> Void) {
        self.archive = archive
        self.patience = patience
        self.log = log
    }

    /// nil where the archive has none, or cannot be asked.
    func find(_ key: CallKey) async -> CachedAnswer? {
        await withCheckedContinuation { waiter in
            let (isMiss, begins) = state.withLock { state in
                if state.pause.holds(at: .now) || state.isAsking && state.pause.isDoubtful { return (true, false) }
                state.waiting.append((key, waiter))
                defer { state.isAsking = true }
                return (false, !state.isAsking)
            }
            if isMiss { waiter.resume(returning: nil) }
            if begins { Task { @concurrent in await self.ask() } }
        }
    }

    private func ask() async {
        while true {
            let batch = state.withLock { state in
                let batch = Array(state.waiting.prefix(Self.mostAtOnce))
                state.waiting.removeFirst(batch.count)
                if batch.isEmpty { state.isAsking = false }
                return batch
            }
            guard !batch.isEmpty else { return }
            do {
                let found = try await archive.answers(to: Array(Set(batch.map(\.key))))
                state.withLock { state in
                    state.failingSince = nil
                    state.pause.succeeded()
                }
                for (key, waiter) in batch { waiter.resume(returning: found[key]) }
            } catch {
                if state.withLock({ isAskedAgain(batch, error, &$0) }) {
                    try? await Task.sleep(for: Self.betweenAttempts)
                } else {
                    giveUp(batch, error)
                }
            }
        }
    }

    /// Whether the batch waits for another attempt. What the archive refuses it would refuse again.
    private func isAskedAgain(_ batch: [(key: CallKey, waiter: Waiter)], _ error: any Error, _ state: inout State) -> Bool {
        let now = ContinuousClock.now
        let since = state.failingSince ?? now
        state.failingSince = since
        guard !state.pause.isDoubtful, !(error is ArchiveRefusal), now - since < patience else { return false }
        state.waiting.insert(contentsOf: batch, at: 0)
        return true
    }

    /// All who wait have a miss.
    private func giveUp(_ batch: [(key: CallKey, waiter: Waiter)], _ error: any Error) {
        let (length, others) = state.withLock { state in
            defer { state.waiting = [] }
            return (state.pause.failed(at: .now), state.waiting)
        }
        log("the cache cannot be read, calls go on without it for \(length): \(error)")
        for (_, waiter) in batch + others { waiter.resume(returning: nil) }
    }
}

/// How long a failing archive is left alone: longer with every failure in a row. A value.
struct ArchivePause: Sendable {
    private var until: ContinuousClock.Instant?
    private var length = Duration.seconds(1)

    private static let longest = Duration.seconds(30)

    /// Whether the last attempt failed.
    var isDoubtful: Bool { until != nil }

    func holds(at now: ContinuousClock.Instant) -> Bool { until.map { now < $0 } ?? false }

    mutating func succeeded() {
        until = nil
        length = .seconds(1)
    }

    /// - Returns: how long the pause is.
    mutating func failed(at now: ContinuousClock.Instant) -> Duration {
        defer { length = min(Self.longest, length * 2) }
        until = now + length
        return length
    }
}
