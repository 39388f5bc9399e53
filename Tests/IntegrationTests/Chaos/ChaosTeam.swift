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
    /// Killed, and away for longer than a session lasts.
    case stopDatabase
    case cutConnections, swallowAnswers, halfCloseConnections, stallConnections, delayConnections
    /// Nothing is left of the volume of the cluster for a while.
    case fillDisk
    /// All workers of a namespace of their own lose sight of the rest for a while.
    case splitNetwork
    /// All reports so far come once more, the last first, with other scores.
    case repeatReports

    /// Whether no worker may lose a unit by it.
    var isHarmless: Bool { self == .stopDatabase }
}

/// Two coordinators and several workers as processes, over a proxy, on a server of their own.
final class ChaosTeam {
    struct Plan {
        var workers = 6
        /// Seconds after which a coordinator's lead ends.
        var term = 2
        /// Seconds after which a worker's session ends.
        var session = 3
        /// Seconds after which a lease ends that is not put off.
        var lease = 600
        /// The cluster's data lies on a volume of so many bytes.
        var volume: Int?
        /// How far the clocks of the first workers are off, as faketime takes it.
        var clocks: [String] = []
        /// How many workers are in a network namespace of their own, and how long a split of it lasts, in seconds.
        var separated = 0
        var split = 60
        /// Every report is stored twice, the second time backwards, and kept to be repeated later.
        var repeatsReports = false
    }

    let bench: Workbench
    let plan: Plan
    let cluster: TestCluster
    private let network: SplitNetwork?
    private let proxy: FaultyProxy
    /// Past the proxy, for looking.
    let url: String
    private let throughProxy: String
    private(set) var coordinators: [Child] = []
    private var workers: [Child] = []
    private(set) var blows: [String: Int] = [:]

    init(latencyMilliseconds: Int, _ plan: Plan) async throws {
        self.plan = plan
        network = plan.separated > 0 ? try SplitNetwork() : nil
        let address = network?.address ?? "127.0.0.1"
        bench = try await Workbench(latencyMilliseconds: latencyMilliseconds, flags: ["--host", address])
        // Every acknowledged commit is on the way to the disk before the answer: what a killed server may not lose.
        cluster = TestCluster(
            settings: ["synchronous_commit=on"] + (plan.volume == nil ? [] : ["min_wal_size=32MB", "max_wal_size=64MB"]),
            volume: plan.volume)
        url = try await cluster.makeDatabase()
        let parts = url.replacing("postgres:///", with: "").split(separator: "?")
        let folder = parts[1].split(separator: "&")[0].replacing("host=", with: "")
        proxy = try FaultyProxy(to: .unixSocket(folder + "/.s.PGSQL.5432"), address: address)
        throughProxy = "postgres://nightshift@\(address):\(proxy.port)/\(parts[0])"
        let migrated = try await bench.run("db", "migrate", database: url)
        try #require(migrated.status == 0, "\(migrated.errors)")
        if plan.repeatsReports { try await run(RepeatedReports.script) }
        for _ in 0..<2 { coordinators.append(try coordinator()) }
        for number in 0..<plan.workers { workers.append(try worker(number)) }
    }

    private func coordinator() throws -> Child {
        try bench.start("coordinator", "--term", String(plan.term), database: throughProxy)
    }

    private func worker(_ number: Int) throws -> Child {
        let arguments = ["worker", "--concurrency", "4", "--session", String(plan.session)]
            + ["--lease", String(plan.lease), "--database", throughProxy]
        if number < plan.clocks.count {
            return try bench.start(Products.nightshift, arguments, environment: WrongClock.environment(plan.clocks[number]))
        }
        guard let network, number < plan.separated else { return try bench.start(Products.nightshift, arguments) }
        return try bench.start(SplitNetwork.program, network.command + [Products.nightshift.path] + arguments)
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
            workers[place] = try worker(place)
        case .killCoordinator: try await killCoordinator(Int.random(in: coordinators.indices))
        case .freezeWorker: try await freeze(workers[Int.random(in: workers.indices)], for: .seconds(plan.session + 2))
        case .freezeCoordinator: try await freeze(coordinators[try await leader() ?? 0], for: .seconds(plan.term + 2))
        case .killDatabase: try await cluster.restart(mode: .kill)
        case .stopDatabase:
            try await cluster.stop(mode: .kill)
            try await Task.sleep(for: .seconds(plan.session + 2))
            try await cluster.start()
        case .cutConnections: proxy.cut()
        case .swallowAnswers: proxy.swallowAnswers()
        case .halfCloseConnections: proxy.halfClose()
        case .stallConnections: proxy.stall(for: .seconds(1))
        case .delayConnections: proxy.delay(for: .seconds(2))
        case .fillDisk: try await fillDisk()
        case .splitNetwork:
            try network?.split()
            try await Task.sleep(for: .seconds(plan.split))
            try network?.heal()
        case .repeatReports: try await run(RepeatedReports.replay)
        }
    }

    func killCoordinator(_ place: Int) async throws {
        await end(coordinators[place])
        coordinators[place] = try coordinator()
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

    /// Until it has hurt somebody, and two seconds more.
    private func fillDisk() async throws {
        let before = try await cluster.log.matches(of: /No space left on device/).count
        try await cluster.fillVolume()
        let deadline = ContinuousClock.now + .seconds(60)
        while try await cluster.log.matches(of: /No space left on device/).count == before {
            try #require(ContinuousClock.now < deadline, "a full disk hurts nobody")
            try await Task.sleep(for: .milliseconds(100))
        }
        try await Task.sleep(for: .seconds(2))
        try await cluster.freeVolume()
        // A server that could not write its log any more has ended.
        if try await !cluster.isRunning { try await cluster.start() }
    }

    /// Which coordinator leads a study now.
    func leader() async throws -> Int? {
        let rows = try await query(
            "SELECT (info ->> 'pid')::int AS pid FROM nightshift.leader WHERE until > clock_timestamp() LIMIT 1")
        let pid = try rows.first?.int("pid")
        return coordinators.firstIndex { Int($0.pid) == pid }
    }

    /// How many units a coordinator has taken from workers that it took for dead.
    var losses: Int {
        coordinators.reduce(0) { sum, coordinator in
            sum + coordinator.standardError.matches(of: /(\d+) units of dead workers/).reduce(0) { $0 + (Int($1.1) ?? 0) }
        }
    }

    /// What all have said.
    var words: String { (coordinators + workers).map(\.standardError).joined(separator: "---\n") }

    func stop() async {
        for child in workers + coordinators { child.signal(SIGTERM) }
        for child in workers + coordinators { await child.wait(atMost: .seconds(30)) }
        try? await cluster.stop(mode: .immediate)
        try? await cluster.remove()
        try? network?.remove()
    }

    // MARK: Looking

    func state(of name: String) async throws -> String {
        try await query("SELECT state FROM nightshift.study WHERE name = '\(name)'").first?.text("state") ?? ""
    }

    func count(_ source: String) async throws -> Int {
        try #require(try await query("SELECT count(*) AS rows FROM \(source)").first).int("rows")
    }

    /// Asks again while the server is away.
    func query(_ sql: String) async throws -> [PostgresRow] {
        for _ in 0..<600 {
            if let rows = try await answer(sql) { return rows }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CancellationError()
    }

    /// Several statements.
    func run(_ script: String) async throws {
        let connection = try await PostgresConnection.connect(PostgresAddress(url: url), mode: .simple)
        do { try await connection.execute(script: script) } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// nil where the server is away.
    private func answer(_ sql: String) async throws -> [PostgresRow]? {
        do {
            let connection = try await PostgresConnection.connect(PostgresAddress(url: url))
            do {
                let rows = try await connection.query(sql)
                await connection.close()
                return rows
            } catch {
                await connection.close()
                throw error
            }
        } catch let error as PostgresError {
            // 53100: the disk is full.
            guard error.isConnectionProblem || error.sqlState == "53100" else { throw error }
            return nil
        }
    }
}
