internal import Foundation
public import ProgramMetrics
public import Programs
internal import Synchronization

/// A program written in Swift, under the name by which study files call it.
public struct RegisteredProgram: Sendable {
    let name: String
    let host: any ProgramHost

    /// - Parameter version: part of the program's fingerprint: raise it when its behaviour changes.
    public init<P: Program>(_ name: String, _ type: P.Type, version: String = "1") {
        self.name = name
        host = SwiftProgram(type, name: name, version: version)
    }
}

/// A metric written in Swift, under the name by which study files call it.
public struct RegisteredMetric: Sendable {
    let name: String
    let metric: any Metric

    public init(_ name: String, _ metric: any Metric) {
        self.name = name
        self.metric = metric
    }
}

/// What this executable brings along.
enum Registry {
    private struct Content {
        var programs: [String: any ProgramHost] = [:]
        var metrics: [String: any Metric] = [:]
    }

    private static let content = Mutex(Content())

    static func register(programs: [RegisteredProgram], metrics: [RegisteredMetric]) {
        content.withLock { content in
            for program in programs { content.programs[program.name] = program.host }
            for metric in metrics { content.metrics[metric.name] = metric.metric }
        }
    }

    static func program(_ name: String) -> (any ProgramHost)? { content.withLock { $0.programs[name] } }
    static func metric(_ name: String) -> (any Metric)? { content.withLock { $0.metrics[name] } }
    static var programNames: [String] { content.withLock { $0.programs.keys.sorted() } }
    static var metricNames: [String] { content.withLock { $0.metrics.keys.sorted() } }
}
