import Foundation
import Glibc
import JSON
import Postgres
import TestSupport
import Testing

/// What can be done to a team at work.
enum Blow: String, CaseIterable, Sendable {
    case killWorker, killCoordinator
    /// Stopped past its session, so that its units go to others, and woken with all it had.
    case freezeWorker
    /// Stopped past its term, so that the other leads, and woken in the belief that it still does.
    case freezeCoordinator
    case killDatabase
    case cutConnections, swallowAnswers, stallConnections
}

/// Two coordinators and several workers as processes, over a proxy, on a server of their own.
final class ChaosTeam {
    private static let (session, term) = (3, 2)

    let bench: Workbench
    /// Every acknowledged commit is on the way to the disk before the answer: what a killed server may not lose.
    private let cluster = TestCluster(settings: ["synchronous_commit=on"])
    private let proxy: FaultyProxy
    /// Past the proxy, for looking.
    private let url: String
    private let throughProxy: String
    private var coordinators: [Child] = []
    private var workers: [Child] = []
    private(set) var blows: [String: Int] = [:]

    init(_ bench: Workbench, workers count: Int) async throws {
        self.bench = bench
        url = try await cluster.makeDatabase()
        let parts = url.replacing("postgres:///", with: "").split(separator: "?")
        let folder = parts[1].split(separator: "&")[0].replacing("host=", with: "")
        proxy = try FaultyProxy(to: folder + "/.s.PGSQL.5432")
        throughProxy = "postgres://nightshift@127.0.0.1:\(proxy.port)/\(parts[0])"
        let migrated = try await bench.run("db", "migrate", database: url)
        try #require(migrated.status == 0, "\(migrated.errors)")
        for _ in 0..<2 { coordinators.append(try coordinator()) }
        for _ in 0..<count { workers.append(try worker()) }
    }

    private func coordinator() throws -> Child {
        try bench.start("coordinator", "--term", String(Self.term), database: throughProxy)
    }

    private func worker() throws -> Child {
        try bench.start("worker", "--concurrency", "4", "--session", String(Self.session), database: throughProxy)
    }

    func submit(_ name: String) async throws {
        let answer = try await bench.run("submit", bench.study.path, "--set", "name=\(name)", database: url)
        try #require(answer.status == 0, "\(answer.errors)")
    }

    // MARK: Blows

    func strike(_ blow: Blow) async throws {
        blows[blow.rawValue, default: 0] += 1
        switch blow {
        case .killWorker:
            let place = Int.random(in: workers.indices)
            await end(workers[place])
            workers[place] = try worker()
        case .killCoordinator:
            let place = Int.random(in: coordinators.indices)
            await end(coordinators[place])
            coordinators[place] = try coordinator()
        case .freezeWorker: try await freeze(workers[Int.random(in: workers.indices)], for: .seconds(Self.session + 2))
        case .freezeCoordinator: try await freeze(coordinators[try await leader()], for: .seconds(Self.term + 2))
        case .killDatabase: try await cluster.restart(mode: .kill)
        case .cutConnections: proxy.cut()
        case .swallowAnswers: proxy.swallowAnswers()
        case .stallConnections: proxy.stall(for: .seconds(1))
        }
    }

    private func end(_ child: Child) async {
        child.signal(SIGKILL)
        await child.wait()
    }

    private func freeze(_ child: Child, for time: Duration) async throws {
        child.signal(SIGSTOP)
        try await Task.sleep(for: time)
        child.signal(SIGCONT)
    }

    /// Which coordinator leads now.
    private func leader() async throws -> Int {
        let rows = try await query(
            "SELECT (info ->> 'pid')::int AS pid FROM nightshift.leader WHERE until > clock_timestamp() LIMIT 1")
        let pid = try rows.first?.int("pid")
        return coordinators.firstIndex { Int($0.pid) == pid } ?? 0
    }

    func stop() async {
        for child in workers + coordinators { child.signal(SIGTERM) }
        for child in workers + coordinators { await child.wait(atMost: .seconds(30)) }
        try? await cluster.stop(mode: .immediate)
    }

    // MARK: Looking

    func state(of name: String) async throws -> String {
        try await query("SELECT state FROM nightshift.study WHERE name = '\(name)'").first?.text("state") ?? ""
    }

    func count(_ source: String) async throws -> Int {
        try #require(try await query("SELECT count(*) AS rows FROM \(source)").first).int("rows")
    }

    /// Asks again while the server is away.
    private func query(_ sql: String) async throws -> [PostgresRow] {
        for _ in 0..<600 {
            if let rows = try await answer(sql) { return rows }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CancellationError()
    }

    /// nil where the server is away.
    private func answer(_ sql: String) async throws -> [PostgresRow]? {
        do {
            let connection = try await PostgresConnection.connect(PostgresAddress(url: url))
            let rows = try await connection.query(sql)
            await connection.close()
            return rows
        } catch {
            guard error.isConnectionProblem else { throw error }
            return nil
        }
    }

    /// What must be true of a study that has ended, whatever happened to those who ran it.
    func verify(_ name: String, against expected: [JSON]) async throws {
        #expect(try await state(of: name) == "finished")
        #expect(try await bench.trials(name, database: url) == expected, "the trial table of \(name)")
        let study = "(SELECT study_id FROM nightshift.study WHERE name = '\(name)')"
        #expect(try await count("nightshift.unit WHERE study_id = \(study)") == 0, "units are left of \(name)")
        #expect(
            try await count("nightshift.result WHERE study_id = \(study) AND outcome = 'infrastructure_error'") == 0,
            "units were set aside")
        #expect(try await count("nightshift.check_integrity()") == 0)
        // Each decision's units are what was done: no more examples than were planned, none less.
        #expect(
            try await count(
                """
                nightshift.trial_overview t WHERE t.study_id = \(study) AND t.examples <>
                (SELECT count(DISTINCT r.example) FROM nightshift.result r
                  WHERE r.study_id = t.study_id AND r.candidate = t.candidate AND r.split = 'val' AND r.score IS NOT NULL)
                """) == 0, "counters equal the rows")
        #expect(
            try await count(
                "(SELECT term FROM nightshift.decision WHERE study_id = \(study) AND term < (SELECT max(d.term) FROM nightshift.decision d WHERE d.study_id = \(study) AND d.number < decision.number)) x"
            )
                == 0, "terms rise with decisions")
    }
}
