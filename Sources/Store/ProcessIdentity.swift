internal import Foundation
package import JSON

/// Which process this is, among all that share a database.
package struct ProcessIdentity: Sendable, Hashable {
    /// The host's name, its boot and the process namespace: within one `host`, process ids mean the same.
    package var host: String
    package var pid: Int

    package static let current = ProcessIdentity(
        host: [
            ProcessInfo.processInfo.hostName,
            (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?.prefix(8).description ?? "",
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? "",
        ].joined(separator: "/"),
        pid: Int(ProcessInfo.processInfo.processIdentifier))

    package var json: JSONObject { ["host": .string(host), "pid": .int(pid)] }

    /// Whether a process of this host is gone, or is only waiting to be buried.
    package static func isDead(_ pid: Int) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
        // The state follows the command's name, which stands in parentheses and may hold any character.
        return status.split(separator: ")").last?.split(separator: " ").first == "Z"
    }
}
