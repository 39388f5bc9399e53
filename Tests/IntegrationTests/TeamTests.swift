import Foundation
import Glibc
import JSON
import TestSupport
import Testing

/// Coordinators and workers as processes of their own on one database.
@Suite(.serialized) struct TeamTests {
    private func database(_ bench: Workbench) async throws -> String {
        let url = try await TestCluster.shared.makeDatabase()
        let answer = try await bench.run("db", "migrate", database: url)
        try #require(answer.status == 0, "\(answer.errors)")
        #expect(try await bench.run("db", "migrate", "--json", database: url).json["applied"] == [])
        return url
    }

    private func waitForEnd(_ bench: Workbench, _ url: String, _ limit: Duration = .seconds(90)) async throws -> JSON {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let status = try await bench.run("status", "support-routing", "--json", database: url).json
            if let state = status["study"]?["state"]?.stringValue,
                ["finished", "failed", "cancelled"].contains(state)
            {
                return status
            }
            try await Task.sleep(for: .milliseconds(300))
        }
        Issue.record("the study did not end")
        return .null
    }

    /// With four workers, one killed every two seconds and another started, nothing changes in the table.
    @Test(.timeLimit(.minutes(10))) func workersDie() async throws {
        let quiet = try await Workbench(latencyMilliseconds: 150)
        #expect(try await quiet.run("compile", quiet.study.path, "--quiet", "--concurrency", "64").status == 0)

        let bench = try await Workbench(latencyMilliseconds: 150)
        let url = try await database(bench)
        let coordinator = try bench.start("coordinator", database: url)
        func worker() throws -> Child { try bench.start("worker", "--concurrency", "4", "--session", "3", database: url) }
        var workers = try (0..<4).map { _ in try worker() }
        #expect(try await bench.run("submit", bench.study.path, database: url).status == 0)
        var killed = 0
        while true {
            try await Task.sleep(for: .seconds(2))
            let status = try await bench.run("status", "support-routing", "--json", database: url).json
            if status.serialized().contains("\"finished\"") { break }
            workers[killed % 4].signal(SIGKILL)
            await workers[killed % 4].wait()
            workers[killed % 4] = try worker()
            killed += 1
            try #require(killed < 60, "the study does not end")
        }
        #expect(killed >= 2)
        #expect(try await bench.trials("support-routing", database: url) == quiet.trials())
        for child in workers { child.signal(SIGTERM) }
        coordinator.signal(SIGTERM)
        for child in workers { #expect(await child.wait() == 0, "SIGTERM drains") }
        #expect(await coordinator.wait() == 0)
    }

    /// A second coordinator takes over when the first dies.
    @Test(.timeLimit(.minutes(10))) func coordinatorDies() async throws {
        let bench = try await Workbench(latencyMilliseconds: 100)
        let url = try await database(bench)
        let first = try bench.start("coordinator", "--term", "2", database: url)
        let worker = try bench.start("worker", "--concurrency", "8", database: url)
        #expect(try await bench.run("submit", bench.study.path, database: url).status == 0)
        try await Task.sleep(for: .seconds(2))
        let second = try bench.start("coordinator", "--term", "2", database: url)
        try await Task.sleep(for: .seconds(1))
        first.signal(SIGKILL)
        await first.wait()
        _ = try await waitForEnd(bench, url)
        #expect(!second.standardError.isEmpty)
        let trials = try await bench.trials("support-routing", database: url)
        #expect(trials.count > 3)
        for child in [worker, second] {
            child.signal(SIGTERM)
            await child.wait()
        }
    }

    @Test(.timeLimit(.minutes(10))) func pausedResumedCancelled() async throws {
        let bench = try await Workbench(latencyMilliseconds: 100)
        let url = try await database(bench)
        let coordinator = try bench.start("coordinator", database: url)
        let worker = try bench.start("worker", "--concurrency", "4", database: url)
        #expect(try await bench.run("submit", bench.study.path, database: url).status == 0)
        try await Task.sleep(for: .seconds(1))
        #expect(try await bench.run("pause", "support-routing", "--json", database: url).json["study"]?["state"] == "paused")
        try await Task.sleep(for: .seconds(1))
        let calls = try await bench.lm.calls()
        try await Task.sleep(for: .seconds(1))
        #expect(try await bench.lm.calls() == calls, "a paused study gives out no work")
        #expect(try await bench.run("resume", "support-routing", "--json", database: url).json["study"]?["state"] == "running")
        try await Task.sleep(for: .seconds(1))
        #expect(try await bench.lm.calls() > calls)
        #expect(try await bench.run("cancel", "support-routing", "--json", database: url).json["study"]?["state"] == "cancelled")
        #expect(try await bench.run("resume", "support-routing", database: url).status == 2)
        for child in [worker, coordinator] {
            child.signal(SIGTERM)
            await child.wait()
        }
    }
}
