import Foundation
import Testing

extension Workbench {
    /// What a process serves to Prometheus at this moment: value by name with labels, of all lines that are no comments.
    func metrics(of process: Child) async throws -> [String: Double] {
        let address = try await metricsAddress(of: process)
        let child = try Child(URL(fileURLWithPath: "/usr/bin/curl"), ["-s", "-f", "--max-time", "20", address], folder: folder)
        #expect(await child.wait() == 0)
        var values: [String: Double] = [:]
        for line in child.standardOutput.split(separator: "\n") where !line.hasPrefix("#") {
            let place = try #require(line.lastIndex(of: " "))
            values[String(line[..<place])] = Double(String(line[line.index(after: place)...]))
        }
        return values
    }

    /// Where a process says that it serves.
    private func metricsAddress(of child: Child) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline, child.isRunning {
            let lines = child.standardError.split(separator: "\n")
            if let line = lines.first(where: { $0.contains("metrics at http://127.0.0.1:") }) {
                return try #require(line.split(separator: " ").last.map(String.init))
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("no metrics: \(child.standardError)")
        return ""
    }
}
