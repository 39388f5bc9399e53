import Foundation
import Glibc
import JSON
import TestSupport
import Testing

/// What a coordinator and a worker serve to Prometheus, over loopback HTTP.
struct MetricsTests {
    @Test(.timeLimit(.minutes(10))) func aStudyIsSeenInTheMetrics() async throws {
        let bench = try await Workbench()
        let url = try await TestCluster.shared.makeDatabase()
        #expect(try await bench.run("db", "migrate", database: url).status == 0)
        let submitted = try await bench.run("submit", bench.study.path, "--set", "priority=30", database: url)
        try #require(submitted.status == 0, "\(submitted.errors)")
        let id = submitted.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let coordinator = try bench.start("coordinator", "--metrics", "0", database: url)
        var values: [String: Double] = [:]
        let led = "nightshift_study_led{study=\"\(id)\",name=\"support-routing\"}"
        let ready = "nightshift_queue_units{study=\"\(id)\",name=\"support-routing\",state=\"ready\"}"
        let deadline = ContinuousClock.now + .seconds(60)
        while values[ready, default: 0] == 0, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
            values = try await bench.metrics(of: coordinator)
        }
        #expect(values[ready, default: 0] > 0 && values[led] == 1 && values["nightshift_workers"] == 0)
        #expect(values["nightshift_coordinator_decisions_total{stage=\"baseline\"}", default: 0] > 0)

        // Slow enough that some calls are refused and made again.
        try await bench.lm.configure(["rps": 20])
        let worker = try bench.start("worker", "--metrics", "0", database: url)
        _ = try await bench.run("watch", id, "--quiet", "--json", database: url)
        let calls = try await bench.lm.calls()
        values = try await bench.metrics(of: worker)
        let counted = values.filter { $0.key.hasPrefix("nightshift_lm_calls_total{") }.values.reduce(0, +)
        #expect(counted == Double(calls), "\(values)")
        #expect(values["nightshift_worker_results_total{outcome=\"scored\"}", default: 0] > 0)
        try await checkStages(values, bench, calls)
        #expect(values["nightshift_worker_report_seconds_count", default: 0] > 0)
        #expect(try await bench.metrics(of: coordinator)["nightshift_workers"] == 1)
        #expect(try await isIdle(worker, bench), "what was reported waits no more")
        for child in [worker, coordinator] {
            child.signal(SIGTERM)
            #expect(await child.wait() == 0, "\(child.standardError)")
        }
        let taken = try await bench.run("worker", "--metrics", "nowhere.invalid:1", database: url)
        #expect(taken.status == 4 && taken.errors.contains("cannot serve metrics"), "\(taken)")
    }

    /// Whether the worker says soon that it has nothing in hand.
    private func isIdle(_ worker: Child, _ bench: Workbench) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(15)
        while ContinuousClock.now < deadline {
            let values = try await bench.metrics(of: worker)
            if values["nightshift_worker_waiting_results"] == 0, values["nightshift_worker_held_units"] == 0 { return true }
            try await Task.sleep(for: .milliseconds(200))
        }
        return false
    }

    /// Units of a cancelled study are dropped while their calls are still under way.
    @Test(.timeLimit(.minutes(5))) func droppedUnitsAreHeldNoMore() async throws {
        let bench = try await Workbench(latencyMilliseconds: 120_000)
        let url = try await TestCluster.shared.makeDatabase()
        try #require(try await bench.run("db", "migrate", database: url).status == 0)
        let coordinator = try bench.start("coordinator", database: url)
        let worker = try bench.start("worker", "--session", "3", "--metrics", "0", database: url)
        #expect(try await bench.run("submit", bench.study.path, database: url).status == 0)
        let deadline = ContinuousClock.now + .seconds(60)
        var held = 0.0
        while held == 0, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
            held = try await bench.metrics(of: worker)["nightshift_worker_held_units", default: 0]
        }
        #expect(held > 0)
        #expect(try await bench.run("cancel", "support-routing", database: url).status == 0)
        #expect(try await isIdle(worker, bench))
        for child in [worker, coordinator] {
            child.signal(SIGKILL)
            await child.wait()
        }
    }

    /// Every stage that a call passes: found, waited, sent, refused, sent again.
    private func checkStages(_ values: [String: Double], _ bench: Workbench, _ calls: Int) async throws {
        func value(_ name: String, _ labels: [String: String] = [:]) -> Double {
            values.filter { key, _ in
                key.prefix { $0 != "{" } == "nightshift_lm_\(name)"
                    && labels.allSatisfy { key.contains("\($0.key)=\"\($0.value)\"") }
            }.values.reduce(0, +)
        }
        let rejected = try await bench.lm.stats()["rejected"]?.intValue ?? -1
        #expect(value("requests_total", ["outcome": "200", "endpoint": bench.lm.baseURL, "model": "sim"]) == Double(calls))
        #expect(rejected > 0 && value("requests_total", ["outcome": "429"]) == Double(rejected), "\(rejected)")
        #expect(value("request_seconds_count") == Double(calls + rejected))
        #expect(value("retries_total", ["after": "rateLimited"]) == Double(rejected))
        #expect(value("found_total") == value("cached_total"))
        for reason in ["ledger", "limits", "retry"] {
            let (count, sum) = (value("wait_seconds_count", ["for": reason]), value("wait_seconds_sum", ["for": reason]))
            #expect(count > 0 && sum > 0, "\(reason)")
        }
        #expect(values.keys.contains { $0.hasPrefix("nightshift_lm_rate{") })
        for name in ["in_flight", "waiting", "provider_away"] {
            #expect(values.keys.contains { $0.hasPrefix("nightshift_lm_\(name){") } && value(name) == 0, "\(name)")
        }
        #expect(values["nightshift_worker_example_wait_seconds_sum", default: 0] > 0)
    }
}
