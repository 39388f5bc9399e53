package import CoreMetrics
internal import Synchronization

/// What a process counts, kept for whoever asks: the backend of swift-metrics.
///
/// Counters end in `_total` there; timers are summaries in seconds.
package final class MetricsRegistry: MetricsFactory, Sendable {
    private struct Key: Hashable {
        var name: String
        var labels: [MetricFamily.Label]

        var order: [String] { labels.map(\.value) }
    }

    private enum Value {
        case counter(Double)
        case gauge(Double)
        case summary(count: Int, sum: Double)
    }

    private let values = Mutex<[Key: Value]>([:])

    package init() {}

    /// All metrics, by name.
    package var families: [MetricFamily] {
        let snapshot = values.withLock { $0 }
        return Dictionary(grouping: snapshot) { $0.key.name }.sorted { $0.key < $1.key }.map { name, entries in
            var kind = MetricFamily.Kind.gauge
            var samples: [MetricFamily.Sample] = []
            for (key, value) in entries.sorted(by: { $0.key.order.lexicographicallyPrecedes($1.key.order) }) {
                switch value {
                case .counter(let value):
                    kind = .counter
                    samples.append(.init(labels: key.labels, value))
                case .gauge(let value): samples.append(.init(labels: key.labels, value))
                case .summary(let count, let sum):
                    kind = .summary
                    samples.append(.init(suffix: "_sum", labels: key.labels, sum))
                    samples.append(.init(suffix: "_count", labels: key.labels, Double(count)))
                }
            }
            return MetricFamily(name, kind, name.replacing("_", with: " "), samples)
        }
    }

    fileprivate func add(_ amount: Double, to name: String, _ labels: [MetricFamily.Label]) {
        values.withLock { values in
            let key = Key(name: name, labels: labels)
            var sum = amount
            if case .counter(let value) = values[key] { sum += value }
            values[key] = .counter(sum)
        }
    }

    fileprivate func set(_ value: Double, of name: String, _ labels: [MetricFamily.Label]) {
        values.withLock { $0[Key(name: name, labels: labels)] = .gauge(value) }
    }

    fileprivate func move(by amount: Double, _ name: String, _ labels: [MetricFamily.Label]) {
        values.withLock { values in
            let key = Key(name: name, labels: labels)
            var sum = amount
            if case .gauge(let value) = values[key] { sum += value }
            values[key] = .gauge(sum)
        }
    }

    fileprivate func observe(_ value: Double, of name: String, _ labels: [MetricFamily.Label]) {
        values.withLock { values in
            let key = Key(name: name, labels: labels)
            if case .summary(let count, let sum) = values[key] {
                values[key] = .summary(count: count + 1, sum: sum + value)
            } else {
                values[key] = .summary(count: 1, sum: value)
            }
        }
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        CountingInstrument(target(label + "_total", dimensions))
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        GaugeInstrument(target(label, dimensions))
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? SummaryInstrument(target(label, dimensions)) : GaugeInstrument(target(label, dimensions))
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        SummaryInstrument(target(label + "_seconds", dimensions))
    }

    // Instruments are made anew at each use: what they counted stays.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func target(_ name: String, _ dimensions: [(String, String)]) -> Target {
        Target(registry: self, name: name, labels: dimensions.map { MetricFamily.Label($0.0, $0.1) })
    }
}

/// One metric with its labels.
private struct Target: Sendable {
    let registry: MetricsRegistry
    let name: String
    let labels: [MetricFamily.Label]
}

private final class CountingInstrument: CounterHandler {
    private let target: Target

    init(_ target: Target) { self.target = target }

    func increment(by amount: Int64) { target.registry.add(Double(amount), to: target.name, target.labels) }
    /// Prometheus' counters never go back.
    func reset() {}
}

private final class GaugeInstrument: MeterHandler, RecorderHandler {
    private let target: Target

    init(_ target: Target) { self.target = target }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { target.registry.set(value, of: target.name, target.labels) }
    func increment(by amount: Double) { target.registry.move(by: amount, target.name, target.labels) }
    func decrement(by amount: Double) { increment(by: -amount) }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
}

private final class SummaryInstrument: RecorderHandler, TimerHandler {
    private let target: Target

    init(_ target: Target) { self.target = target }

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { target.registry.observe(value, of: target.name, target.labels) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
