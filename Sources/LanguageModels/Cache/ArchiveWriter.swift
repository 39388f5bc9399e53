internal import Synchronization

/// Writes answers to the archive, many in one call, shortly after they came.
///
/// What is not written when the process dies is asked for again by whoever needs it. While the archive is away answers wait
/// in memory, up to a size; beyond it the oldest are given up. So are those that the archive refuses: of many that are refused
/// together the halves are tried.
final class ArchiveWriter: Sendable {
    private struct State {
        var waiting: [ArchivedAnswer] = []
        var bytes = 0
        var isWriting = false
        /// Those who wait until nothing waits to be written.
        var flushing: [CheckedContinuation<Void, Never>] = []
        var pause = ArchivePause()
        /// How many go into the next call.
        var limit = mostAtOnce
        /// How often in a row the archive took nothing at all.
        var refusals = 0
    }

    private static let (mostAtOnce, mostBytes, mostRefusals) = (500, 32 << 20, 3)
    private static let collecting = Duration.milliseconds(20)
    private static let longestFlush = Duration.seconds(30)

    private let archive: any AnswerArchive
    private let log: @Sendable (String) -> Void
    private let state = Mutex(State())

    init(_ archive: any AnswerArchive, log: @escaping @Sendable (String) -> Void) {
        self.archive = archive
        self.log = log
    }

    func add(_ item: ArchivedAnswer) {
        let begins = state.withLock { state in
            state.waiting.append(item)
            state.bytes += item.answer.bytes
            if state.bytes > Self.mostBytes {
                let half = state.waiting.count / 2
                state.bytes -= state.waiting[..<half].reduce(0) { $0 + $1.answer.bytes }
                state.waiting.removeFirst(half)
            }
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { Task { @concurrent in await self.write() } }
    }

    /// Returns when all that was added before is written, or after half a minute: what is not written is paid again.
    func flush() async {
        let alarm = Task { @concurrent in
            do { try await Task.sleep(for: Self.longestFlush) } catch { return }
            release()
        }
        await withCheckedContinuation { waiter in
            let isIdle = state.withLock { state in
                if state.isWriting { state.flushing.append(waiter) }
                return !state.isWriting
            }
            if isIdle { waiter.resume() }
        }
        alarm.cancel()
    }

    private func release() {
        let waiters = state.withLock { state in
            defer { state.flushing = [] }
            return state.flushing
        }
        for waiter in waiters { waiter.resume() }
    }

    private func write() async {
        while true {
            let isHurried = state.withLock { !$0.flushing.isEmpty }
            if !isHurried { try? await Task.sleep(for: Self.collecting) }
            let batch = state.withLock { state in
                let batch = Array(state.waiting.prefix(state.limit))
                if batch.isEmpty { state.isWriting = false }
                return batch
            }
            guard !batch.isEmpty else { return release() }
            do {
                try await archive.keep(batch)
                state.withLock { state in
                    state.pause.succeeded()
                    state.refusals = 0
                    state.limit = min(Self.mostAtOnce, state.limit * 2)
                    drop(batch, from: &state)
                }
            } catch let refusal as ArchiveRefusal where giveUp(batch, refusal) {
                continue
            } catch {
                let length = state.withLock { state in
                    // A database that is slow takes few in the time that many do not get.
                    state.limit = max(1, batch.count / 2)
                    return state.pause.failed(at: .now)
                }
                log("the cache cannot be written, trying again in \(length): \(error)")
                await pause(for: length)
            }
        }
    }

    /// Shorter where somebody waits for the end.
    private func pause(for length: Duration) async {
        let end = ContinuousClock.now + length
        while ContinuousClock.now < end {
            try? await Task.sleep(for: min(.milliseconds(500), end - .now))
            if state.withLock({ !$0.flushing.isEmpty }) { return }
        }
    }

    /// Whether the next call may come at once: with fewer answers, or without those of this batch.
    private func giveUp(_ batch: [ArchivedAnswer], _ refusal: ArchiveRefusal) -> Bool {
        let (isLost, isOver) = state.withLock { state in
            if refusal.isOfSome, batch.count > 1 {
                state.limit = batch.count / 2
                return (false, true)
            }
            if !refusal.isOfSome {
                state.refusals += 1
                guard state.refusals >= Self.mostRefusals else { return (false, false) }
            }
            drop(batch, from: &state)
            return (true, true)
        }
        if isLost { log("the cache does not take \(batch.count) answers, they are left out: \(refusal)") }
        return isOver
    }

    /// Takes off what was written; the front may have been given up meanwhile.
    private func drop(_ batch: [ArchivedAnswer], from state: inout State) {
        let written = Set(batch.map(\.key))
        state.waiting.removeAll { written.contains($0.key) }
        state.bytes = state.waiting.reduce(0) { $0 + $1.answer.bytes }
    }
}
