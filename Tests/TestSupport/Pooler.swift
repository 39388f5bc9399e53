import Foundation
import PrivateCluster

/// pgbouncer in transaction mode before a database of a test cluster.
package final class Pooler: Sendable {
    /// Where Debian installs it.
    package static let program = "/usr/sbin/pgbouncer"
    package static var isThere: Bool { access(program, X_OK) == 0 }

    package let url: String
    private let folder: String
    private let processID: Int32

    /// - Parameters:
    ///   - url: a database of a test cluster.
    ///   - serverConnections: how many connections all clients share.
    package init(before url: String, serverConnections: Int) async throws {
        let account = try ServerAccount()
        folder = try SocketFolder.make(for: account)
        let parts = url.replacing("postgres:///", with: "").split(separator: "?")
        let (database, host) = (parts[0], parts[1].split(separator: "&")[0].replacing("host=", with: ""))
        try """
        [databases]
        \(database) = host=\(host) port=5432 dbname=\(database) user=nightshift
        [pgbouncer]
        listen_addr =
        listen_port = 6432
        unix_socket_dir = \(folder)
        auth_type = any
        pool_mode = transaction
        default_pool_size = \(serverConnections)
        max_client_conn = 2000
        logfile = \(folder)/pgbouncer.log
        """.write(toFile: folder + "/pgbouncer.ini", atomically: true, encoding: .utf8)
        chmod(folder + "/pgbouncer.ini", 0o644)
        let null = open("/dev/null", O_RDWR)
        defer { close(null) }
        processID = try ChildProcess.spawn(
            account.command([Self.program, "-q", folder + "/pgbouncer.ini"]), input: null, output: null)
        self.url = "postgres:///\(database)?host=\(folder)&port=6432&user=nightshift"
        for _ in 0..<500 {
            if access(folder + "/.s.PGSQL.6432", F_OK) == 0 { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw PrivateClusterError(
            "pgbouncer did not start: \((try? String(contentsOfFile: folder + "/pgbouncer.log", encoding: .utf8)) ?? "")")
    }

    deinit {
        kill(processID, SIGKILL)
        var status: Int32 = 0
        waitpid(processID, &status, 0)
        try? FileManager.default.removeItem(atPath: folder)
    }
}
