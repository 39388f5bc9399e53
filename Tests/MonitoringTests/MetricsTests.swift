import CoreMetrics
import Foundation
import Monitoring
import Testing

struct MetricsTests {
    @Test func familiesAreWrittenAsPrometheusReadsThem() {
        let families = [
            MetricFamily(
                "a_total", .counter, "Calls.\nOf all.", [.init(labels: [.init("role", "ta\"sk\\"), .init("b", "x\ny")], 3), .init(0.5)]),
            MetricFamily("empty", .gauge, "Nothing.", []),
            MetricFamily("lag", .gauge, "Seconds.", [.init(.infinity), .init(.nan)]),
        ]
        #expect(
            MetricFamily.text(families) == """
                # HELP a_total Calls.\\nOf all.
                # TYPE a_total counter
                a_total{role="ta\\"sk\\\\",b="x\\ny"} 3
                a_total 0.5
                # HELP lag Seconds.
                # TYPE lag gauge
                lag +Inf
                lag NaN

                """)
    }

    @Test func aRegistryKeepsWhatInstrumentsCount() {
        let registry = MetricsRegistry()
        for amount in [1, 2] {
            Counter(label: "calls", dimensions: [("role", "task")], factory: registry).increment(by: amount)
        }
        Counter(label: "calls", dimensions: [("role", "judge")], factory: registry).increment()
        let meter = Meter(label: "held", factory: registry)
        meter.set(7)
        meter.decrement(by: 2)
        let timer = CoreMetrics.Timer(label: "lease", factory: registry)
        timer.recordNanoseconds(1_500_000_000)
        timer.recordNanoseconds(500_000_000)
        #expect(
            MetricFamily.text(registry.families).split(separator: "\n").filter { !$0.hasPrefix("#") } == [
                "calls_total{role=\"judge\"} 1", "calls_total{role=\"task\"} 3", "held 5", "lease_seconds_sum 2",
                "lease_seconds_count 2",
            ])
        #expect(registry.families.map(\.kind) == [.counter, .gauge, .summary])
    }

    @Test(arguments: [("9100", "127.0.0.1", 9100), ("0.0.0.0:0", "0.0.0.0", 0), ("host.example:80", "host.example", 80)])
    func anAddressIsAPortOrHostAndPort(text: String, host: String, port: Int) throws {
        let address = try #require(MetricsServer.Address(text))
        #expect(address.host == host && address.port == port)
    }

    @Test(arguments: ["", "x", ":80", "1:2:3", "70000", "-1"])
    func whatIsNoAddressIsRefused(text: String) { #expect(MetricsServer.Address(text) == nil) }
}
