internal import EventLoop
internal import Foundation
package import JSON
internal import Processes
internal import Programs

/// A long-lived program that answers requests in JSON lines on its standard input and output, several at a time.
///
/// A request is `{"id": n, …}`, its reply `{"id": n, …}`, in any order; an error is `{"id": n, "error": "…"}`. The program
/// starts with the first request and again after its end. It gets our environment: it is the user's own. What it writes to
/// standard error is told when it ends. It should end when its standard input does.
package actor LineProcess: MetricProcess {
    private struct Waiter {
        var continuation: CheckedContinuation<Result<JSON, any Error>, Never>
        /// When the program could begin with the request: when it was sent, or an earlier one was answered.
        var begin = ContinuousClock.now
        var timer: EventLoop.Timer?
    }

    private struct Running {
        var child: LineChild
        var outbox: [UInt8] = []
        /// How much of it is sent.
        var sent = 0
        /// The end of what came from standard error.
        var notes: [UInt8] = []
        var isDeaf = false
    }

    /// How often the program may end without any reply before it counts as broken, and for how long it does: long enough to
    /// stop a study, short enough for the study to go on once the program is mended.
    private static let mostEnds = 3
    private static let verdictHolds = Duration.seconds(30)

    private let command: Command
    private let timeout: Duration
    private var exchange = LineExchange()
    private var waiters: [Int: Waiter] = [:]
    private var running: Running?
    private var endsSinceReply = 0
    private var lastEnd: (time: ContinuousClock.Instant, account: String) = (.now, "")
    private var isStopped = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { EventLoop.shared.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - command: the program and its arguments; no shell reads them.
    ///   - folder: its working directory.
    ///   - timeout: of each request, from when the program has answered all earlier ones.
    package init(command: [String], folder: String, timeout: Duration = .seconds(60)) {
        var environment = ProcessInfo.processInfo.environment
        // Else a Python script that does not flush seems to hang.
        environment["PYTHONUNBUFFERED"] = environment["PYTHONUNBUFFERED"] ?? "1"
        self.command = Command(command, environment: environment, folder: folder, leadsGroup: true)
        self.timeout = timeout
    }

    isolated deinit {
        guard let running = detach() else { return }
        Task { _ = await running.child.end(patience: .seconds(2), notes: []) }
    }

    package func score(_ request: JSON) async throws -> JSON {
        if isStopped { throw ServiceError(.infrastructure, "the metric's program was stopped") }
        if let verdict { throw verdict }
        try start()
        let (id, line) = exchange.request(request)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiters[id] = Waiter(continuation: continuation)
                setTimer(id, timeout)
                if Task.isCancelled { finish(id, .failure(CancellationError())) } else { send(line) }
            }
        } onCancel: {
            Task { await self.cancel(id) }
        }
        return try outcome.get()
    }

    /// Closes the program's standard input and ends it when that does not. No request is answered any more.
    package func stop() async {
        isStopped = true
        fail(takeWaiters(), ServiceError(.infrastructure, "the metric's program was stopped"))
        if let running = detach() { _ = await running.child.end(patience: .seconds(2), notes: []) }
    }

    // MARK: Requests

    private func finish(_ id: Int, _ outcome: Result<JSON, any Error>) {
        exchange.forget(id)
        guard let waiter = waiters.removeValue(forKey: id) else { return }
        if let timer = waiter.timer { EventLoop.shared.cancel(timer) }
        waiter.continuation.resume(returning: outcome)
    }

    private func cancel(_ id: Int) { finish(id, .failure(CancellationError())) }

    private func takeWaiters() -> [Waiter] {
        let taken = waiters.sorted { $0.key < $1.key }
        waiters = [:]
        for (id, waiter) in taken {
            exchange.forget(id)
            if let timer = waiter.timer { EventLoop.shared.cancel(timer) }
        }
        return taken.map(\.value)
    }

    private func fail(_ waiters: [Waiter], _ error: ServiceError) {
        for waiter in waiters { waiter.continuation.resume(returning: .failure(error)) }
    }

    private func setTimer(_ id: Int, _ delay: Duration) {
        waiters[id]?.timer = EventLoop.shared.schedule(after: delay) { [weak self] in
            self?.assumeIsolated { $0.timeIsUp(id) }
        }
    }

    private func timeIsUp(_ id: Int) {
        // The reply may be here already, where this thread was busy.
        readOutput()
        guard let waiter = waiters[id] else { return }
        let left = waiter.begin + timeout - .now
        guard left <= .zero else { return setTimer(id, left) }
        finish(id, .failure(ServiceError(.infrastructure, "the metric's program gave no reply within \(timeout)")))
        countEnd("gave no reply within \(timeout)")
        if let running = detach() { Task { _ = await running.child.end(patience: .zero, notes: []) } }
        // The others can't be blamed; each restart ends one request, so there is an end to it.
        guard !waiters.isEmpty else { return }
        do throws(ServiceError) {
            try start()
            send(exchange.restart())
            for id in waiters.keys { waiters[id]?.begin = .now }
        } catch {
            fail(takeWaiters(), error)
        }
    }

    // MARK: The program

    /// Why no request is sent any more; nil while there is hope.
    private var verdict: ServiceError? {
        guard endsSinceReply >= Self.mostEnds, lastEnd.time + Self.verdictHolds > .now else { return nil }
        return ServiceError(
            .refused,
            "the metric's command is broken: \(command.arguments.joined(separator: " ")) failed \(endsSinceReply) times "
                + "without a reply; the last time it \(lastEnd.account)")
    }

    private func countEnd(_ account: String) {
        endsSinceReply += 1
        lastEnd = (.now, account)
    }

    private func start() throws(ServiceError) {
        guard running == nil else { return }
        let child: LineChild
        do throws(CommandError) {
            child = try LineChild(command)
        } catch {
            throw ServiceError(.refused, "the metric's command does not start: \(error)")
        }
        _ = exchange.restart()
        running = Running(child: child)
        EventLoop.shared.watch(child.output, for: .read) { [weak self] _ in self?.assumeIsolated { $0.readOutput() } }
        EventLoop.shared.watch(child.error, for: .read) { [weak self] _ in self?.assumeIsolated { $0.readNotes() } }
    }

    /// The program's descriptors are watched no more.
    private func detach() -> Running? {
        defer { running = nil }
        guard let running else { return nil }
        for descriptor in [running.child.input, running.child.output, running.child.error] {
            EventLoop.shared.unwatch(descriptor)
        }
        return running
    }

    private func send(_ bytes: [UInt8]) {
        running?.outbox += bytes
        flush()
    }

    private func flush() {
        guard let child = running?.child, running?.isDeaf == false else { return }
        while let (bytes, sent) = running.map({ ($0.outbox, $0.sent) }), sent < bytes.count {
            switch child.write(bytes, from: sent) {
            case nil:
                // It reads no more, but what it has written before counts; its end is seen where its output ends.
                running?.isDeaf = true
                return EventLoop.shared.unwatch(child.input)
            case 0?:
                return EventLoop.shared.watch(child.input, for: .write) { [weak self] _ in self?.assumeIsolated { $0.flush() } }
            case let count?: running?.sent += count
            }
        }
        running?.outbox = []
        running?.sent = 0
        EventLoop.shared.unwatch(child.input)
    }

    private func readNotes() {
        guard let child = running?.child else { return }
        guard let bytes = LineChild.read(child.error) else { return EventLoop.shared.unwatch(child.error) }
        running?.notes += bytes
        if let excess = running.map({ $0.notes.count - 4096 }), excess > 0 { running?.notes.removeFirst(excess) }
    }

    private func readOutput() {
        guard let child = running?.child else { return }
        guard let bytes = LineChild.read(child.output) else { return end(violation: nil) }
        for event in exchange.received(bytes) {
            switch event {
            case .reply(let id, let reply): answered(id, .success(reply))
            case .refusal(let id, let message): answered(id, .failure(ServiceError(.program, message)))
            case .violation(let sentence): return end(violation: sentence)
            }
        }
    }

    private func answered(_ id: Int, _ outcome: Result<JSON, any Error>) {
        endsSinceReply = 0
        for later in waiters.keys where later > id { waiters[later]?.begin = .now }
        finish(id, outcome)
    }

    /// The program ended, or must be: all that wait get the reason.
    private func end(violation: String?) {
        guard let running = detach() else { return }
        let waiters = takeWaiters()
        countEnd(violation ?? "ended")
        Task {
            let account = await running.child.end(patience: violation == nil ? .seconds(1) : .zero, notes: running.notes)
            if violation == nil { lastEnd.account = account }
            fail(waiters, verdict ?? ServiceError(.infrastructure, "the metric's program \(violation ?? account)"))
        }
    }
}
