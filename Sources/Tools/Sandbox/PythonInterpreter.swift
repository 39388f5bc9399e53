internal import Foundation
package import Programs

/// A Python that can run without the rest of the system.
package struct PythonInterpreter: Sendable, Hashable {
    /// The absolute path of the program itself, not of a link.
    package let path: String

    /// What it may read: its own library, the system's, and what says how to find and use these.
    var readable: [String] {
        let prefix = URL(filePath: path).deletingLastPathComponent().deletingLastPathComponent().path(percentEncoded: false)
        return [
            path, prefix + "/lib", prefix + "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/nix/store",
            "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/localtime", "/dev/null", "/dev/urandom",
        ]
    }

    /// - Parameter path: nil for the system's Python, or else the first in `PATH` that is a program: a script that looks for
    ///   one could start nothing in a sandbox.
    package init(path: String? = nil) throws(CodeFailure) {
        let variable = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = ["/usr/bin", "/usr/local/bin"] + variable.split(separator: ":").map(String.init)
        let candidates = path.map { [$0] } ?? folders.map { $0 + "/python3" }
        guard let found = candidates.lazy.compactMap(Self.program).first else {
            throw .unavailable(
                path.map { "\($0) is not a program that can be run" }
                    ?? "running a model's code needs Python: there is no python3 in /usr/bin or in PATH")
        }
        self.path = found
    }

    /// The program behind a path; nil where there is none that may be run, or a script.
    private static func program(_ path: String) -> String? {
        guard path.hasPrefix("/"), access(path, X_OK) == 0, let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        let file = String(cString: resolved)
        guard let handle = FileHandle(forReadingAtPath: file) else { return nil }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: 4)) == Data([0x7F, 0x45, 0x4C, 0x46]) ? file : nil
    }
}
