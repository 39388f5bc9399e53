import Evaluation
import Foundation
import JSON
import Postgres
import Programs
import Studies
import TestSupport
import Testing

@testable import Store
@testable import Worker

/// What a worker tells the store, and when: of the providers that its studies wait for, and of what has ended.
struct TellingTests {
    private static let endpoint = "http://127.0.0.1:9/v1"

    /// A database with one study, and a registered worker that has an example of it in flight.
    private func worker(
        on address: PostgresAddress, _ configuration: WorkerConfiguration = WorkerConfiguration(name: "w", concurrency: 1)
    ) async throws -> (Worker, study: Int, item: WorkItem) {
        let store = Store(Database(address: address, patience: .endless))
        let study = try await store.submit(
            id: "0123456789abcdef", name: "study", fingerprint: String(repeating: "0", count: 64), spec: ["name": "study"],
            planVersion: 1, splits: [])
        let worker = Worker(
            store: store, configuration: configuration,
            providersAway: { [Self.endpoint: "no answer"] }, makeRuntime: { _, _ in throw CancellationError() }, log: { _ in })
        try await worker.register()
        let program = try DeclaredProgram(section: ["steps": [["answer": ["predict": "q -> a"]]]], inputs: ["q"]) { _ in [] }
        let runtime = StudyRuntime(
            study: Study(
                name: "study", seed: 0, models: StudyModels(task: ModelSpec(model: "openai/m")), program: .declared(program),
                data: nil, metric: nil, optimizer: nil),
            program: program, metric: nil, models: [:], endpoints: [Self.endpoint])
        return (worker, study, await worker.hold(study: study, runtime, items: configuration.concurrency))
    }

    private func wait(_ what: String, until isSo: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !isSo() {
            try #require(ContinuousClock.now < deadline, "\(what)")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// The session is replaced while the database is being told: the store knows nothing of what the new one waits for.
    @Test(.timeLimit(.minutes(2))) func aNewSessionSaysAnewWhatItWaitsFor() async throws {
        let url = try await TestCluster.shared.makeDatabase()
        let address = try PostgresAddress(url: url)
        try await Migrator.migrate(address)
        let (worker, study, _) = try await worker(on: address)
        let first = await worker.session
        let (other, watcher) = try await (PostgresConnection.connect(address), PostgresConnection.connect(address))
        func waiting() async throws -> [String] {
            try await other.query("SELECT session::text AS session FROM nightshift.provider_wait WHERE study_id = \(study)")
                .map { try $0.text("session").uppercased() }
        }
        // The call hangs until the table is free.
        try await other.query("BEGIN")
        try await other.query("LOCK TABLE nightshift.provider_wait IN ACCESS EXCLUSIVE MODE")
        let look = Task { await worker.lookAtProviders() }
        try await wait("the call hangs") {
            try await watcher.query(
                "SELECT 1 AS one FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ).count == 1
        }
        let recovery = Task {
            await worker.recover(from: StoreError(.sessionLost, "expired"), of: first, while: "leasing", mayRevive: false)
        }
        try await wait("the session is replaced") { await worker.session != first }
        try await other.query("COMMIT")
        await look.value
        await recovery.value
        let second = await worker.session
        #expect(try await waiting() == [first.uuidString])
        await worker.lookAtProviders()
        #expect(try await waiting().contains(second.uuidString), "the new session has said nothing")
        for connection in [other, watcher] { await connection.close() }
    }

    /// Results wait for company only while anything runs that might bring some.
    @Test(.timeLimit(.minutes(2))) func theLastResultIsReportedAtOnce() async throws {
        let url = try await TestCluster.shared.makeDatabase()
        let address = try PostgresAddress(url: url)
        try await Migrator.migrate(address)
        var configuration = WorkerConfiguration(name: "w", concurrency: 2)
        configuration.reportInterval = .seconds(3600)
        let (worker, _, item) = try await worker(on: address, configuration)
        let reporting = Task { await worker.keepReporting() }
        await worker.perform(item)
        #expect(await worker.unreported == 1)
        await worker.perform(item)
        try await wait("the results are reported") { await worker.unreported == 0 }
        reporting.cancel()
        await reporting.value
    }
}

extension Worker {
    fileprivate var unreported: Int { results.count }

    /// As if a unit of the study had been leased, and its example begun.
    fileprivate func hold(study: Int, _ runtime: StudyRuntime, items: Int) -> WorkItem {
        let unit = LeasedUnit(
            id: 1, study: study, attempt: 1, key: "unit/1", kind: .evaluate, candidate: "c", split: "val", examples: [0],
            rollout: 0, payload: nil, isSuspect: false)
        let item = WorkItem(unit: 1, identity: "", study: study, runtime: runtime, job: .proposal(.null))
        queue.add(unit: unit, items: Array(repeating: item, count: items))
        for _ in 0..<items { _ = queue.start() }
        endpoints[study] = runtime.endpoints
        return item
    }
}
