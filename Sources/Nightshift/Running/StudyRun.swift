internal import Coordinator
internal import Foundation
internal import JSON
internal import Store
internal import Worker

/// Follows a study to its end, and on a private cluster runs it.
struct StudyRun {
    let open: OpenStore
    let record: StudyRecord
    let options: SharedOptions
    /// Worker processes; nil: one inside on a private cluster, none on a team's database.
    let workers: Int?
    let concurrency: Int
    let tape: TapeOptions

    private enum End: Sendable {
        case study(StudySnapshot)
        case signal
        case failure(String)
        case nothing
    }

    /// - Returns: the study as it ended.
    /// - Throws: ``CommandFailure``: interrupted, paused for reasons that the message names, or the database lost.
    func run() async throws -> StudyRecord {
        let end = await withTaskGroup(of: End.self) { group in
            if open.isPrivate {
                await endDeadProcesses()
                group.addTask { await coordinate() }
                group.addTask {
                    await open.keepRunning(log: options.log)
                    return .nothing
                }
            }
            if open.isPrivate || workers != nil { group.addTask { await work() } }
            group.addTask { await follow() }
            group.addTask { await waitForSignal() }
            var end = End.nothing
            while case .nothing = end, let next = await group.next() { end = next }
            group.cancelAll()
            return end
        }
        switch end {
        case .signal: throw CommandFailure(.interrupted, "interrupted: the same command resumes")
        case .failure(let message): throw CommandFailure(.surroundings, message)
        case .study(let snapshot) where snapshot.state == "paused":
            throw CommandFailure(
                .surroundings, "the study is paused: \(snapshot.message ?? "by a user")\nThe same command resumes it.")
        case .study, .nothing:
            guard let ended = try await open.store.study(number: record.number) else {
                throw CommandFailure(.surroundings, "the study \(record.id) is gone")
            }
            return ended
        }
    }

    /// What earlier commands on this machine left behind when they were killed is free at once.
    private func endDeadProcesses() async {
        let host = ProcessIdentity.current.host
        guard let processes = try? await open.store.liveProcesses(host: host) else { return }
        let dead = processes.filter(ProcessIdentity.isDead)
        if !dead.isEmpty { _ = try? await open.store.endProcesses(host: host, dead) }
    }

    private func coordinate() async -> End {
        do {
            let configuration = CoordinatorConfiguration(study: record.number)
            try await Coordinator(store: open.patientStore(), configuration: configuration, log: options.log).run()
            return .nothing
        } catch {
            return Task.isCancelled ? .nothing : .failure("the study \(record.id) can't be led: \(error)")
        }
    }

    private func work() async -> End {
        let local = LocalWorkers(
            open: open, study: record.number, processes: workers, concurrency: concurrency, tape: tape, log: options.log,
            warn: options.say)
        do {
            try await local.run()
            return .nothing
        } catch {
            return Task.isCancelled ? .nothing : .failure("a worker could not be started: \(error)")
        }
    }

    private func waitForSignal() async -> End {
        for await _ in Signals.stream() { return .signal }
        return .nothing
    }

    /// Shows progress until the study has ended or is paused by its surroundings.
    private func follow() async -> End {
        let store = open.patientStore()
        var reader = SnapshotReader(store: store, record: record)
        var printer = ProgressPrinter(.standardError, style: Style(isColoured: options.isColoured)) { text in
            FileHandle.standardError.write(Data(text.utf8))
        }
        let isShown = !options.quiet && options.logLevel != .error
        var nextLook = ContinuousClock.now
        var hint = WaitingHint()
        while !Task.isCancelled {
            let seen = await store.database.notices(on: Store.planChannel)
            do throws(StoreError) {
                guard let state = try await store.state(of: record.number) else { return .failure("the study is gone") }
                let hasStopped = state.isEnded || (state.state == "paused" && state.message != nil)
                let start = ContinuousClock.now
                if isShown && start >= nextLook || hasStopped {
                    let snapshot = try await reader.read()
                    // A study of a million results takes seconds to sum up: showing it takes a tenth of the database at most.
                    nextLook = .now + (.now - start) * 10
                    if isShown { printer.show(snapshot) }
                    if isShown, let text = hint.text(for: snapshot) { printer.note(text) }
                    if hasStopped { return .study(snapshot) }
                }
            } catch {
                guard error.code == .unreachable else { return Task.isCancelled ? .nothing : .failure("\(error)") }
                if !open.isPrivate { options.say("the database is away: \(error)") }
            }
            await pause(store, beyond: seen)
        }
        return .nothing
    }

    /// Looks four times a second at most, and at once when the study may have ended.
    private func pause(_ store: Store, beyond seen: Int) async {
        let start = ContinuousClock.now
        await store.database.waitForNotice(on: Store.planChannel, beyond: seen, atMost: .milliseconds(500))
        if let state = try? await store.state(of: record.number), state.isEnded { return }
        let rest = Duration.milliseconds(250) - (.now - start)
        if rest > .zero { try? await Task.sleep(for: rest) }
    }
}
