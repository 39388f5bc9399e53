internal import Foundation

/// The server process that `postmaster.pid` of a data folder names.
package struct Postmaster: Sendable, Hashable {
    package let processID: Int32
    /// Where its socket is.
    package let socketFolder: String?
    /// Whether it accepts connections.
    package let isReady: Bool

    /// Nil when there is no such file or it names no process.
    package init?(dataFolder: String) {
        guard let text = try? String(contentsOfFile: dataFolder + "/postmaster.pid", encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
        guard let processID = Int32(lines[0]), processID > 0 else { return nil }
        self.processID = processID
        socketFolder = lines.count > 4 && lines[4].hasPrefix("/") ? lines[4] : nil
        isReady = lines.count > 7 && lines[7] == "ready"
    }

    /// Whether the process exists, is no zombie, and works in `dataFolder`: not another one that got the number later.
    package func isRunning(dataFolder: String) -> Bool { Self.works(processID, in: dataFolder) }

    /// All processes that work in `dataFolder`, also the children that outlive a killed server for a moment.
    package static func processes(dataFolder: String) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { works($0, in: dataFolder) }
    }

    /// The processor time that the server's processes have used so far, those that have ended included.
    package static func processorTime(dataFolder: String) -> Duration {
        let ticks = processes(dataFolder: dataFolder).reduce(0) { sum, processID in
            guard let text = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else { return sum }
            // utime and stime follow eleven fields after the name; cutime and cstime, of children that have ended, follow them.
            let fields = text.split(separator: ")").last?.split(separator: " ").dropFirst(11).prefix(4) ?? []
            return sum + fields.compactMap { Int($0) }.reduce(0, +)
        }
        return .seconds(1) * ticks / sysconf(Int32(_SC_CLK_TCK))
    }

    private static func works(_ processID: Int32, in dataFolder: String) -> Bool {
        var folder = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard readlink("/proc/\(processID)/cwd", &folder, Int(PATH_MAX)) > 0, !isZombie(processID) else { return false }
        guard let real = realpath(dataFolder, nil) else { return false }
        defer { free(real) }
        return strcmp(folder, real) == 0 && program(of: processID).hasPrefix("postgres")
    }

    private static func program(of processID: Int32) -> String {
        (try? String(contentsOfFile: "/proc/\(processID)/comm", encoding: .utf8)) ?? ""
    }

    /// A container's first process may never reap a killed server: it then exists, but only as an entry.
    private static func isZombie(_ processID: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else { return true }
        // The state follows the program's name, which stands in parentheses and may hold any character.
        guard let end = text.lastIndex(of: ")") else { return true }
        return text[text.index(after: end)...].drop { $0 == " " }.first.map { "ZX".contains($0) } ?? true
    }
}
