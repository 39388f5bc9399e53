import Foundation
import Glibc
import JSON

/// A child process whose output is collected.
final class Child: @unchecked Sendable {
    // Safe: the process is set up before it starts; afterwards only thread-safe calls (signal, wait, isRunning) are made.
    private let process = Process()
    private let out: URL
    private let err: URL

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    var standardOutput: String { (try? String(contentsOf: out, encoding: .utf8)) ?? "" }
    var standardError: String { (try? String(contentsOf: err, encoding: .utf8)) ?? "" }

    init(_ executable: URL, _ arguments: [String], environment: [String: String] = [:], folder: URL) throws {
        let name = "child-\(UUID().uuidString.prefix(8))"
        out = folder.appendingPathComponent("\(name).out")
        err = folder.appendingPathComponent("\(name).err")
        for file in [out, err] { try Data().write(to: file) }
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "NIGHTSHIFT_DATABASE" }
            .merging(environment) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: out)
        process.standardError = try FileHandle(forWritingTo: err)
        try process.run()
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for the end; kills it after `limit`.
    @discardableResult
    func wait(atMost limit: Duration = .seconds(300)) async -> Int32 {
        let deadline = ContinuousClock.now + limit
        while process.isRunning {
            if ContinuousClock.now > deadline { signal(SIGKILL) }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }
}

/// All processes below one, and a private cluster's server with its backends: killed at once, as a power cut would.
func killTree(of root: Int32, dataDirectory: URL?) {
    var roots: Set<Int32> = [root]
    if let dataDirectory, let postmaster = postmasterPID(dataDirectory) { roots.insert(postmaster) }
    let victims = descendants(of: roots)
    for victim in victims { kill(victim, SIGSTOP) }
    for victim in victims { kill(victim, SIGKILL) }
}

func postmasterPID(_ dataDirectory: URL) -> Int32? {
    let cluster = dataDirectory.appendingPathComponent("cluster")
    var folders = [cluster.appendingPathComponent("data")]
    if let location = try? String(contentsOf: cluster.appendingPathComponent("location"), encoding: .utf8) {
        folders.append(
            URL(fileURLWithPath: location.trimmingCharacters(in: .whitespacesAndNewlines)).appendingPathComponent("data"))
    }
    for folder in folders {
        if let text = try? String(contentsOf: folder.appendingPathComponent("postmaster.pid"), encoding: .utf8),
            let line = text.split(separator: "\n").first, let pid = Int32(line)
        {
            return pid
        }
    }
    return nil
}

private func descendants(of roots: Set<Int32>) -> [Int32] {
    let pids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
    var parents: [Int32: Int32] = [:]
    for pid in pids {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { continue }
        let fields = status.split(separator: ")").last?.split(separator: " ") ?? []
        if fields.count > 1, let parent = Int32(fields[1]) { parents[pid] = parent }
    }
    return pids.filter { pid in
        var ancestor: Int32? = pid
        while let current = ancestor, current > 1 {
            if roots.contains(current) { return true }
            ancestor = parents[current]
        }
        return false
    }
}
