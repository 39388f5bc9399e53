internal import Foundation
internal import Hashing

/// Where the files of a private cluster are: `<data dir>/cluster`, or, when root's server cannot get there, a folder under
/// `/var/lib/nightshift` that `<data dir>/cluster/location` names.
struct ClusterFolder: Sendable {
    let path: String
    var data: String { path + "/data" }
    var log: String { path + "/postgres.log" }
    var startLock: String { path + "/start.lock" }
    var usersLock: String { path + "/users.lock" }

    private static let systemFolder = "/var/lib/nightshift"

    static func find(dataDirectory: String, account: ServerAccount) async throws(PrivateClusterError) -> ClusterFolder {
        let control = URL(fileURLWithPath: dataDirectory).standardizedFileURL.path + "/cluster"
        try make(control, mode: account.isOther ? 0o755 : 0o700)
        let location = control + "/location"
        let hasDataHere = access(control + "/data", F_OK) == 0
        if access(location, F_OK) != 0 {
            if try await account.canTraverse(control) { return ClusterFolder(path: control) }
            if hasDataHere {
                throw PrivateClusterError("\(control)/data is closed to the user “postgres”; open its parent folders")
            }
            try write(location, naming: "\(systemFolder)/\(sha256(control + UUID().uuidString).prefix(16))")
        }
        let path = try read(location)
        try make(path, mode: 0o755)
        return ClusterFolder(path: path)
    }

    /// Creates the file in one step; when another command was faster, its file stands.
    private static func write(_ location: String, naming path: String) throws(PrivateClusterError) {
        let draft = location + ".\(getpid()).\(UUID().uuidString)"
        defer { unlink(draft) }
        guard (try? (path + "\n").write(toFile: draft, atomically: false, encoding: .utf8)) != nil else {
            throw PrivateClusterError("cannot write \(location)")
        }
        if link(draft, location) != 0, errno != EEXIST {
            throw PrivateClusterError("cannot write \(location): \(String(cString: strerror(errno)))")
        }
    }

    /// Root follows the file, which others may have written, only to where it would have put the cluster itself.
    private static func read(_ location: String) throws(PrivateClusterError) -> String {
        let text = (try? String(contentsOfFile: location, encoding: .utf8)) ?? ""
        let path = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let name = path.dropFirst(systemFolder.count + 1)
        guard path.hasPrefix(systemFolder + "/"), name.count == 16, name.allSatisfy(\.isHexDigit) else {
            throw PrivateClusterError("\(location) does not name a folder of \(systemFolder): remove it")
        }
        return path
    }

    private static func make(_ path: String, mode: Int) throws(PrivateClusterError) {
        let files = FileManager.default
        do {
            let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
            try files.createDirectory(atPath: parent, withIntermediateDirectories: true)
            if mkdir(path, mode_t(mode)) == 0 { chmod(path, mode_t(mode)) }
        } catch {
            throw PrivateClusterError("cannot make the folder \(path): \(error.localizedDescription)")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw PrivateClusterError("cannot make the folder \(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
            throw PrivateClusterError("\(path) belongs to another user: run as that user, or give another --data-dir")
        }
    }
}
