internal import Foundation
internal import PrivateCluster

/// pgbouncer in transaction mode before a private cluster, for measurements. It ends when it is let go.
final class PoolerProcess: Sendable {
    private static let program = "/usr/sbin/pgbouncer"

    let url: String
    private let folder: String
    private let processID: Int32

    /// - Parameters:
    ///   - url: of a private cluster's database.
    ///   - connections: how many of the server's all clients share.
    init(before url: String, connections: Int) async throws {
        guard access(Self.program, X_OK) == 0 else {
            throw CommandFailure(.surroundings, "pgbouncer is not there: apt-get install pgbouncer")
        }
        guard let parts = URLComponents(string: url), let user = parts.queryItems?.first(where: { $0.name == "user" })?.value,
            let host = parts.queryItems?.first(where: { $0.name == "host" })?.value
        else { throw CommandFailure(.surroundings, "no socket is named in \(url)") }
        let database = String(parts.path.dropFirst())
        let account = try ServerAccount()
        folder = try SocketFolder.make(for: account)
        try """
        [databases]
        \(database) = host=\(host) dbname=\(database) user=\(user)
        [pgbouncer]
        listen_addr =
        listen_port = 6432
        unix_socket_dir = \(folder)
        auth_type = any
        pool_mode = transaction
        default_pool_size = \(connections)
        max_client_conn = 10000
        logfile = \(folder)/pgbouncer.log
        """.write(toFile: folder + "/pgbouncer.ini", atomically: true, encoding: .utf8)
        chmod(folder + "/pgbouncer.ini", 0o644)
        let null = open("/dev/null", O_RDWR)
        defer { close(null) }
        processID = try ChildProcess.spawn(
            account.command([Self.program, "-q", folder + "/pgbouncer.ini"]), input: null, output: null)
        self.url = "postgres:///\(database)?host=\(folder)&port=6432&user=\(user)"
        for _ in 0..<500 where access(folder + "/.s.PGSQL.6432", F_OK) != 0 { try await Task.sleep(for: .milliseconds(10)) }
        guard access(folder + "/.s.PGSQL.6432", F_OK) == 0 else {
            let log = try? String(contentsOfFile: folder + "/pgbouncer.log", encoding: .utf8)
            throw CommandFailure(.surroundings, "pgbouncer did not start: \(log ?? "it says nothing")")
        }
    }

    /// That it has used so far.
    var processorTime: Duration {
        let text = (try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ").dropFirst(11).prefix(2) ?? []
        return .seconds(1) * fields.compactMap { Int($0) }.reduce(0, +) / sysconf(Int32(_SC_CLK_TCK))
    }

    deinit {
        kill(processID, SIGKILL)
        var status: Int32 = 0
        waitpid(processID, &status, 0)
        try? FileManager.default.removeItem(atPath: folder)
    }
}
