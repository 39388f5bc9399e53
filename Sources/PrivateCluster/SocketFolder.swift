internal import Foundation

/// The short folder of a server's socket, closed to everyone else.
package enum SocketFolder {
    /// Makes a new one. Its name cannot be foreseen, so no other user can have put something there.
    package static func make(for account: ServerAccount) throws(PrivateClusterError) -> String {
        var template = Array("/tmp/nightshift-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw PrivateClusterError(
                "cannot make a folder for the database's socket in /tmp: \(String(cString: strerror(errno)))")
        }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try account.takeOver(path)
        return path
    }

    /// Whether `path` is a folder of `account` that nobody else can enter.
    package static func isPrivate(_ path: String, to account: ServerAccount) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFDIR && status.st_mode & 0o077 == 0 && status.st_uid == account.userID
    }

    /// Removes the socket and its lock that a killed server left.
    package static func clear(_ path: String) {
        for name in [".s.PGSQL.5432", ".s.PGSQL.5432.lock"] { unlink(path + "/" + name) }
    }

    package static func remove(_ path: String) {
        clear(path)
        rmdir(path)
    }
}
