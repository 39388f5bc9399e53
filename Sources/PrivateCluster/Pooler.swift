internal import Foundation

/// pgbouncer in transaction mode before a server that is reached by a socket; for measurements and tests. It ends when it is let
/// go.
package final class Pooler: Sendable {
    /// Where Debian installs it.
    private static let program = "/usr/sbin/pgbouncer"
    package static var isThere: Bool { access(program, X_OK) == 0 }

    package let url: String
    private let folder: String
    private let processID: Int32

    /// - Parameters:
    ///   - url: of a database, with its socket's folder and its user.
    ///   - connections: how many of the server's all clients share.
    package init(before url: String, connections: Int) async throws {
        guard Self.isThere else { throw PrivateClusterError("pgbouncer is not there: apt-get install pgbouncer") }
        let parts = URLComponents(string: url)
        func item(_ name: String) -> String? { parts?.queryItems?.first { $0.name == name }?.value }
        guard let parts, let user = item("user"), let host = item("host") else {
            throw PrivateClusterError("no socket is named in \(url)")
        }
        let database = String(parts.path.dropFirst())
        let account = try ServerAccount()
        folder = try SocketFolder.make(for: account)
        try """
        [databases]
        \(database) = host=\(host) port=\(item("port") ?? "5432") dbname=\(database) user=\(user)
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
            throw PrivateClusterError("pgbouncer did not start: \(log ?? "it says nothing")")
        }
    }

    /// That it has used so far.
    package var processorTime: Duration {
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
