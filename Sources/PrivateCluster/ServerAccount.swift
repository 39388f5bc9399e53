internal import Foundation

/// The user whose processes the server's are: this one, or `postgres` when this one is root, whom PostgreSQL refuses.
package struct ServerAccount: Sendable, Hashable {
    package let userID: UInt32
    package let groupID: UInt32
    private let switching: [String]

    /// - Throws: when root finds no user `postgres`.
    package init() throws(PrivateClusterError) {
        guard geteuid() == 0 else {
            (userID, groupID, switching) = (geteuid(), getegid(), [])
            return
        }
        guard let entry = getpwnam("postgres") else {
            throw PrivateClusterError("root cannot run PostgreSQL and there is no user “postgres”: apt-get install postgresql")
        }
        (userID, groupID) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        guard let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].first(where: { (path: String) in access(path, X_OK) == 0 })
        else {
            throw PrivateClusterError(
                "root needs the program setpriv to run PostgreSQL as the user “postgres”: apt-get install util-linux")
        }
        switching = [setpriv, "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
    }

    /// Whether the server runs as another user than this process.
    package var isOther: Bool { !switching.isEmpty }

    /// The command that runs `arguments` as this user.
    package func command(_ arguments: [String]) -> [String] { switching + arguments }

    package func run(_ arguments: [String], input: String = "") async throws(PrivateClusterError) -> ChildProcess.Result {
        try await ChildProcess.run(command(arguments), input: input)
    }

    /// Whether this user may pass through `folder` and all above it.
    package func canTraverse(_ folder: String) async throws(PrivateClusterError) -> Bool {
        guard isOther else { return access(folder, X_OK) == 0 }
        return try await run(["/usr/bin/test", "-x", folder]).status == 0
    }

    /// Gives a file or folder, not what a link points to, to this user.
    package func takeOver(_ path: String) throws(PrivateClusterError) {
        guard isOther, lchown(path, userID, groupID) != 0 else { return }
        throw PrivateClusterError("cannot give \(path) to the user “postgres”: \(String(cString: strerror(errno)))")
    }
}
