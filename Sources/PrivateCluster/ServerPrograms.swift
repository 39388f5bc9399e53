internal import Foundation

/// Where the server's programs are.
package struct ServerPrograms: Sendable, Hashable {
    package let folder: String

    package func path(_ program: String) -> String { folder + "/" + program }

    /// The programs `pg_config` names, else the newest under `/usr/lib/postgresql`.
    ///
    /// - Parameter version: the major version a data folder was made by (its `PG_VERSION`); only that one can open it.
    package static func find(version: String? = nil) async throws(PrivateClusterError) -> ServerPrograms {
        var folders: [String] = []
        if let config = try? await ChildProcess.run(["/usr/bin/env", "pg_config", "--bindir"]), config.status == 0 {
            folders.append(config.output.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newestFirst = versions.sorted { $0.compare($1, options: .numeric) == .orderedDescending }
        folders += newestFirst.map { "/usr/lib/postgresql/\($0)/bin" }
        let complete = folders.filter { folder in
            ["initdb", "pg_ctl", "postgres"].allSatisfy { access(folder + "/" + $0, X_OK) == 0 }
        }
        guard let version else {
            if let folder = complete.first { return ServerPrograms(folder: folder) }
            throw PrivateClusterError(
                "no PostgreSQL server on this machine: apt-get install postgresql, or give --database postgres://…")
        }
        for folder in complete {
            let answer = try await ChildProcess.run([folder + "/postgres", "--version"])
            if answer.output.contains(" \(version).") { return ServerPrograms(folder: folder) }
        }
        throw PrivateClusterError(
            "the private cluster was made by PostgreSQL \(version), which is not here: apt-get install postgresql-\(version)")
    }
}
