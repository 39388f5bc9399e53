import Foundation
import Postgres
import PrivateCluster
import Synchronization

/// A throw-away PostgreSQL server, without fsync, for the tests of one process. It dies with the process.
package actor TestCluster {
    package static let shared = TestCluster()

    package enum StopMode: Int32, Sendable {
        case immediate = 3  // SIGQUIT
        case fast = 2  // SIGINT
        case kill = 9  // SIGKILL
    }

    private struct Server {
        let account: ServerAccount
        let programs: ServerPrograms
        let folder: String
        var processID: Int32
    }

    private var starting: Task<Server, any Error>?
    private var databaseCount = 0

    private let settings: [String]
    private let port: Int

    /// - Parameter settings: what the server is started with besides, as `name=value`.
    package init(settings: [String] = [], port: Int = 5432) {
        self.settings = settings
        self.port = port
    }

    /// The server's own database; `makeDatabase` gives each test one of its own.
    package var url: String { get async throws { try await address(of: "postgres") } }

    /// The URL of a fresh empty database.
    package func makeDatabase() async throws -> String {
        databaseCount += 1
        let name = "test_\(databaseCount)"
        let connection = try await PostgresConnection.connect(PostgresAddress(url: address(of: "postgres")))
        try await connection.query("create database \(name) strategy wal_log")
        await connection.close()
        return try await address(of: name)
    }

    /// Stops the server in the given way, waits until all its processes are gone, and starts it again at the same address.
    package func restart(mode: StopMode) async throws {
        try await stop(mode: mode)
        try await start()
    }

    package func stop(mode: StopMode) async throws {
        let server = try await running()
        Self.processes.withLock { $0[server.processID] = nil }
        Foundation.kill(server.processID, mode.rawValue)
        while !Postmaster.processes(dataFolder: server.folder + "/data").isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    }

    package func start() async throws {
        var server = try await running()
        unlink(server.folder + "/data/postmaster.pid")
        SocketFolder.clear(server.folder)
        server.processID = try await Self.launch(server.account, server.programs, server.folder, settings + ["port=\(port)"])
        let started = server
        starting = Task { started }
    }

    private func address(of database: String) async throws -> String {
        "postgres:///\(database)?host=\(try await running().folder)&user=nightshift" + (port == 5432 ? "" : "&port=\(port)")
    }

    private func running() async throws -> Server {
        let task = starting ?? Task { [settings, port] in try await Self.create(settings + ["port=\(port)"]) }
        starting = task
        return try await task.value
    }

    // MARK: The server

    /// Servers to be killed and their folders to be removed when the process ends.
    private static let processes = Mutex<[Int32: String]>([:])

    private static func create(_ settings: [String]) async throws -> Server {
        sweep()
        let account = try ServerAccount()
        let programs = try await ServerPrograms.find()
        let folder = try SocketFolder.make(for: account)
        try String(getpid()).write(toFile: folder + "/test-process", atomically: false, encoding: .utf8)
        let made = try await account.run([
            programs.path("initdb"), "-D", folder + "/data", "-U", "nightshift", "-A", "trust", "-E", "UTF8", "--locale=C",
            "--no-sync",
            "--no-instructions",
        ])
        guard made.status == 0 else { throw PrivateClusterError(made.output) }
        atexit {
            for (processID, folder) in TestCluster.processes.withLock({ $0 }) {
                kill(processID, SIGQUIT)
                usleep(200_000)
                try? FileManager.default.removeItem(atPath: folder)
            }
        }
        return Server(
            account: account, programs: programs, folder: folder, processID: try await launch(account, programs, folder, settings)
        )
    }

    private static func launch(
        _ account: ServerAccount, _ programs: ServerPrograms, _ folder: String, _ settings: [String]
    ) async throws -> Int32 {
        let command =
            ["/usr/bin/env", "-C", "/"]
            + account.command(
                [
                    "/usr/bin/setpriv", "--pdeathsig", "KILL", "--", programs.path("postgres"), "-D", folder + "/data", "-k",
                    folder,
                    "-c", "listen_addresses=", "-c", "fsync=off",
                    "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200",
                    "-c", "max_locks_per_transaction=256",
                ] + settings.flatMap { ["-c", $0] })
        let processID: Int32 = try await withCheckedThrowingContinuation { done in
            // The signal comes when the thread that made the server ends, so that thread waits for it.
            Thread.detachNewThread {
                do {
                    let null = open("/dev/null", O_RDONLY)
                    let log = open(folder + "/server.log", O_WRONLY | O_CREAT | O_APPEND, 0o600)
                    defer {
                        close(null)
                        close(log)
                    }
                    let processID = try ChildProcess.spawn(command, input: null, output: log)
                    done.resume(returning: processID)
                    var status: Int32 = 0
                    while waitpid(processID, &status, 0) < 0, errno == EINTR {}
                } catch {
                    done.resume(throwing: error)
                }
            }
        }
        processes.withLock { $0[processID] = folder }
        for _ in 0..<1000 {
            if let postmaster = Postmaster(dataFolder: folder + "/data"), postmaster.isReady { return processID }
            try await Task.sleep(for: .milliseconds(10))
        }
        let log = try? String(contentsOfFile: folder + "/server.log", encoding: .utf8)
        throw PrivateClusterError("the test server did not start: \(log ?? "no log")")
    }

    /// Removes the folders of test processes that crashed.
    private static func sweep() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? [] where name.hasPrefix("nightshift-") {
            let text = try? String(contentsOfFile: "/tmp/\(name)/test-process", encoding: .utf8)
            guard let owner = text.flatMap({ Int32($0) }) else { continue }
            if kill(owner, 0) != 0 { try? FileManager.default.removeItem(atPath: "/tmp/" + name) }
        }
    }
}
