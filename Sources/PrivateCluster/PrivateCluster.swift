internal import Foundation

/// A PostgreSQL server of one data directory, shared by the commands that use it; the last one out stops it.
///
/// It listens on a socket that only its user (and root) can reach. A command that is killed leaves the server running for
/// the next one to find; a server that is killed is recovered by the next `open` or `ensureRunning`.
package struct PrivateCluster: Sendable {
    package static let user = "nightshift"
    package static let database = "nightshift"

    /// The address, for libpq.
    package let url: String
    private let folder: ClusterFolder
    private let account: ServerAccount
    /// Held in common by all who use the server.
    private let users: FileLock

    /// Makes the cluster if there is none, starts it if it does not run, and uses it until `close`.
    ///
    /// - Parameters:
    ///   - dataDirectory: the `.nightshift` folder; made if missing.
    ///   - log: gets a sentence for whatever takes time.
    package static func open(
        dataDirectory: String, log: (String) -> Void
    ) async throws(PrivateClusterError) -> PrivateCluster {
        let account = try ServerAccount()
        let folder = try await ClusterFolder.find(dataDirectory: dataDirectory, account: account)
        let users = try FileLock(folder.usersLock)
        let socketFolder = try await withStartLock(of: folder) { () async throws(PrivateClusterError) -> String in
            try await users.lock(exclusive: false, atMost: .seconds(1))
            return try await ClusterServer(folder: folder, account: account).ensureRunning(log)
        }
        let url = "postgres:///\(database)?host=\(socketFolder)&port=5432&user=\(user)"
        return PrivateCluster(url: url, folder: folder, account: account, users: users)
    }

    /// Whether the server's process is there: a quick look, without connecting.
    package var isRunning: Bool { Postmaster(dataFolder: folder.data)?.isRunning(dataFolder: folder.data) ?? false }

    /// The processor time that the server has used since it was started.
    package var processorTime: Duration { Postmaster.processorTime(dataFolder: folder.data) }

    /// Removes the closed cluster's data from the disk.
    package func remove() { try? FileManager.default.removeItem(atPath: folder.path) }

    /// Starts the server again if it was killed meanwhile. Those connected before find it at the same address, unless its
    /// socket's folder is gone too.
    package func ensureRunning(log: (String) -> Void) async throws(PrivateClusterError) {
        try await Self.withStartLock(of: folder) { () async throws(PrivateClusterError) in
            _ = try await ClusterServer(folder: folder, account: account).ensureRunning(log)
        }
    }

    /// Stops the server if nobody else uses it. A second call does nothing.
    package func close() async throws(PrivateClusterError) {
        try await Self.withStartLock(of: folder) { () async throws(PrivateClusterError) in
            let isLast = users.tryLock(exclusive: true)
            defer { users.release() }
            if isLast { try await ClusterServer(folder: folder, account: account).stop() }
        }
    }

    /// One command at a time starts or stops the server; each needs at most the server's limit.
    private static func withStartLock<Result>(
        of folder: ClusterFolder, _ body: () async throws(PrivateClusterError) -> Result
    ) async throws(PrivateClusterError) -> Result {
        let lock = try FileLock(folder.startLock)
        try await lock.lock(exclusive: true, atMost: .seconds(3 * ClusterServer.limit))
        defer { lock.release() }
        return try await body()
    }
}
