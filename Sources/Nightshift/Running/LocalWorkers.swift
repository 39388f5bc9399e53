internal import CEventPoll
internal import Evaluation
internal import Foundation
internal import Store
internal import Worker

/// The workers that a command brings along: one inside its own process, or several processes that it looks after.
struct LocalWorkers: Sendable {
    let open: OpenStore
    let study: Int
    /// nil: one, inside this process.
    let processes: Int?
    let concurrency: Int
    let tape: TapeOptions
    let log: @Sendable (String) -> Void
    /// Told what costs time or money: a cache or a ledger that is away, a provider that is waited for.
    let warn: @Sendable (String) -> Void

    /// Somebody waits for a command: an address that has never answered is said to be wrong after so long.
    static let patience = Duration.seconds(30)

    /// Works until the task is cancelled.
    func run() async throws {
        guard let processes else {
            let store = open.patientStore()
            let services = SharedServices(store: store, tape: try tape.open(), patience: Self.patience, log: warn)
            try await services.during { try await worker(store, services).run() }
            return
        }
        try await withThrowingDiscardingTaskGroup { group in
            for number in 0..<processes { group.addTask { try await keepProcess(number) } }
        }
    }

    private func worker(_ store: Store, _ services: SharedServices) -> Worker {
        Worker(
            store: store,
            configuration: WorkerConfiguration(
                name: "\(ProcessInfo.processInfo.hostName) (inside)", concurrency: concurrency, study: study),
            providersAway: { services.providersAway },
            makeRuntime: { try StudyRuntime.make($0, id: $1, with: services) }, log: log)
    }

    /// Waits for a process that was told to drain. What is in flight may take long, and a lost database for ever: then it
    /// is told to stop at once.
    private func end(_ child: Process) async {
        for (signal, seconds) in [(SIGTERM, 10), (SIGKILL, 3)] {
            let deadline = ContinuousClock.now + .seconds(seconds)
            while child.isRunning, .now < deadline { try? await Task.sleep(for: .milliseconds(20)) }
            guard child.isRunning else { return }
            kill(child.processIdentifier, signal)
        }
        child.waitUntilExit()
    }

    /// Runs a worker process and starts another whenever it ends, with a pause that keeps a broken set-up from spinning.
    private func keepProcess(_ number: Int) async throws {
        var backoff = Backoff(base: .milliseconds(200), ceiling: .seconds(5))
        var isFirst = true
        while !Task.isCancelled {
            let start = ContinuousClock.now
            let child = Process()
            child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            child.arguments = [
                "worker", "--concurrency", String(concurrency), "--study-number", String(study), "--with-parent",
            ] + (isFirst ? ["--impatient"] : []) + tape.arguments
            isFirst = false
            // Not by `--database`: the list of processes would show its password.
            child.environment = ProcessInfo.processInfo.environment.merging(["NIGHTSHIFT_DATABASE": open.url]) { _, new in new }
            child.standardOutput = FileHandle.standardError
            let ended = AsyncStream<Void>.makeStream()
            child.terminationHandler = { _ in ended.continuation.finish() }
            try child.run()
            let pid = Int(child.processIdentifier)
            await withTaskCancellationHandler {
                for await _ in ended.stream {}
            } onCancel: {
                kill(pid_t(pid), SIGTERM)
            }
            if Task.isCancelled {
                // The stream ends with the task: wait for the process itself, so that nothing is left behind.
                await Task { await end(child) }.value
                return
            }
            log("worker process \(pid) has ended: its units are ready for others, and another is started")
            _ = try? await open.store.endProcesses(host: ProcessIdentity.current.host, [pid])
            if .now - start > .seconds(10) { backoff.reset() }
            try await Task.sleep(for: backoff.next())
        }
    }
}
