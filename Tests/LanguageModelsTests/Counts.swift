import CoreMetrics
import Monitoring

/// What calls count while a test runs, as Prometheus reads it.
struct Counts {
    private let registry = MetricsRegistry()

    /// Counts what `body`, and the tasks that it starts, do.
    nonisolated(nonsending) func during<Value>(_ body: nonisolated(nonsending) () async throws -> Value) async throws -> Value {
        try await withMetricsFactory(registry, body)
    }

    /// The value of a line, by its name with labels; 0 where there is none.
    subscript(name: String) -> Double {
        let line = MetricFamily.text(registry.families).split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Double($0.dropFirst(name.count + 1)) } ?? 0
    }
}
