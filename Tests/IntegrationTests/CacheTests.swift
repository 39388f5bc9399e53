import Foundation
import JSON
import TestSupport
import Testing

/// The team's cache of answers: it saves calls and changes nothing else.
@Suite(.serialized) struct CacheTests {
    @Test(.timeLimit(.minutes(4))) func aSecondRunMakesNoCall() async throws {
        let bench = try await Workbench(latencyMilliseconds: 5, flags: ["--malformed-rate", "0.1"])
        let first = try await bench.run("compile", bench.study.path, "--json", "--log-level", "debug")
        try #require(first.status == 0, "\(first.errors)")
        let trials = try await bench.trials()
        let paid = try await bench.lm.calls()
        #expect(paid > 0 && first.json["lm"]?["calls"]?.intValue == paid)
        let again = try await bench.run("compile", bench.study.path, "--json", "--fresh", "--workers", "2", "--log-level", "debug")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try await bench.lm.calls() == paid, "\(first.errors)\n\(again.errors)")
        let lm = again.json["lm"]
        #expect(lm?["calls"] == 0 && lm?["attempts"] == 0 && lm?["usd"] != nil)
        let questions = try #require(first.json["lm"]?["cached"]?.intValue) + paid
        #expect(lm?["cached"]?.intValue == questions)
        #expect(again.json["study"]?["id"] != first.json["study"]?["id"])
        #expect(try await bench.trials() == trials)
        #expect(again.json["best"] == first.json["best"] && again.json["baseline"] == first.json["baseline"])

        let stats = try await bench.run("cache", "stats", "--json")
        #expect(stats.status == 0 && stats.json["answers"]?.intValue == paid, "\(stats.errors)")
        let tokens = stats.json["tokens"]?["prompt"]?.intValue
        #expect(tokens == first.json["lm"]?["tokens"]?["prompt"]?.intValue)
        #expect(try await bench.run("cache", "stats").output.contains("openai/sim"))
        let halved = (stats.json["bytes"]?.intValue ?? 0) / 2
        let cleaned = try await bench.run("cache", "gc", "--max-size", "\(halved)B", "--older-than", "30d", "--json")
        let left = cleaned.json["left"]?["bytes"]?.intValue ?? -1
        #expect(cleaned.status == 0 && left <= halved && left > 0, "\(cleaned.errors)")
        #expect(try await bench.run("cache", "gc").status == 2)
        let nonsense = try await bench.run("cache", "gc", "--max-size", "many")
        #expect(nonsense.status == 2 && nonsense.errors.contains("--max-size must be a size"))
    }

    /// A database that is away for a moment is no reason to pay twice.
    @Test(.timeLimit(.minutes(4))) func aRestartOfTheDatabaseIsNotPaidFor() async throws {
        let cluster = TestCluster()
        let url = try await cluster.makeDatabase()
        let bench = try await Workbench(latencyMilliseconds: 2)
        try #require(try await bench.run("db", "migrate", database: url).status == 0)
        let coordinator = try bench.start("coordinator", database: url)
        defer { coordinator.signal(SIGKILL) }
        let compile = ["compile", bench.study.path, "--json", "--workers", "1", "--concurrency", "1", "--database", url]
        let first = try bench.start(Products.nightshift, compile)
        try #require(await first.wait(atMost: .seconds(60)) == 0, "\(first.standardError)")
        let trials = try await bench.trials(database: url)
        let paid = try await bench.lm.calls()
        let again = try bench.start(Products.nightshift, compile + ["--fresh"])
        while again.isRunning, !again.standardError.contains(" began") { try await Task.sleep(for: .milliseconds(5)) }
        try await Task.sleep(for: .milliseconds(300))
        try await cluster.stop(mode: .kill)
        try await Task.sleep(for: .seconds(2))
        try #require(again.isRunning, "\(again.standardError)")
        try await cluster.start()
        #expect(await again.wait(atMost: .seconds(90)) == 0, "\(again.standardError)")
        #expect(try await bench.lm.calls() == paid, "\(again.standardError)")
        #expect(try await bench.trials(database: url) == trials)
        try await cluster.stop(mode: .immediate)
        try await cluster.remove()
    }

    @Test(.timeLimit(.minutes(4))) func whoDoesNotWantItDoesNotGetIt() async throws {
        let bench = try await Workbench(latencyMilliseconds: 5)
        let split = ["--split", "val", "--json", "--fresh"]
        func evaluate(_ more: String...) async throws -> (calls: Int, cached: Int) {
            let before = try await bench.lm.calls()
            let child = try Child(
                Products.nightshift, ["evaluate", bench.study.path] + split + more, environment: bench.environment,
                folder: bench.folder)
            #expect(await child.wait() == 0, "\(child.standardError)")
            let lm = (try? JSON(parsing: child.standardOutput.trimmingCharacters(in: .newlines)))?["lm"]
            return (try await bench.lm.calls() - before, lm?["cached"]?.intValue ?? -1)
        }
        let uncached = try await evaluate("--no-cache")
        #expect(uncached.calls > 0 && uncached.cached == 0)
        // Nothing was written.
        #expect(try await bench.run("cache", "stats", "--json").json["answers"] == 0)
        let written = try await evaluate()
        #expect(written.calls > 0)
        #expect(try await evaluate("--set", "cache=false").calls == uncached.calls)
        #expect(try await evaluate("--set", "lm.task.cache=false").calls == uncached.calls)
        let read = try await evaluate()
        #expect(read.calls == 0 && read.cached == written.calls + written.cached)
    }
}
