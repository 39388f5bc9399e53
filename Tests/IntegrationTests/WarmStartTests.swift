import Foundation
import Glibc
import JSON
import Testing

/// A study begins with what the team's earlier studies of the same program found.
@Suite(.serialized) struct WarmStartTests {
    private static let search = "optimizer={kind: random_search, num_candidate_programs: 3, max_labeled_demos: 3, warm_start: 3}"

    /// The messages of the demos of every trial.
    private func demoMessages(_ bench: Workbench, _ name: String) async throws -> Set<String> {
        var messages: Set<String> = []
        let trials = try await bench.run("trials", name, "--json").json.arrayValue ?? []
        for trial in trials {
            let number = String(trial["number"]?.intValue ?? 0)
            let state = try await bench.run("trial", name, number, "--json").json["state"]?.objectValue ?? [:]
            for (_, predictor) in state {
                messages.formUnion((predictor["demos"]?.arrayValue ?? []).compactMap { $0["message"]?.stringValue })
            }
        }
        return messages
    }

    private func messages(_ bench: Workbench, _ file: String) throws -> Set<String> {
        Set(
            try bench.text(of: file).split(separator: "\n").compactMap { line in
                (try? JSON(parsing: String(line)))?["message"]?.stringValue
            })
    }

    @Test(.timeLimit(.minutes(10))) func theSecondStudyBeginsWithTheFirstOnesBest() async throws {
        let bench = try await Workbench(latencyMilliseconds: 2)
        let first = try await bench.run("compile", bench.study.path, "--json")
        try #require(first.status == 0, "\(first.errors)")
        // The rows that the first learned from are what the second is judged on.
        let used = try await demoMessages(bench, "support-routing")
        let known = try messages(bench, "train.jsonl")
        #expect(!used.isEmpty && used.isSubset(of: known))
        let (train, val) = (try bench.text(of: "train.jsonl"), try bench.text(of: "val.jsonl"))
        try bench.write(val, to: "train.jsonl")
        try bench.write(train, to: "val.jsonl")
        let held = try messages(bench, "val.jsonl").union(try messages(bench, "test.jsonl"))
        let second = try await bench.run(
            "compile", bench.study.path, "--json", "--set", "name=second", "--set", Self.search)
        try #require(second.status == 0, "\(second.errors)")
        #expect(try await demoMessages(bench, "second").isDisjoint(with: held))

        // With the first one's own data again, its demos come along.
        try bench.write(train, to: "train.jsonl")
        try bench.write(val, to: "val.jsonl")
        let third = try await bench.run("compile", bench.study.path, "--json", "--set", "name=third", "--set", Self.search)
        try #require(third.status == 0, "\(third.errors)")
        let trials = try await bench.run("trials", "third", "--json").json.arrayValue ?? []
        let sources = trials.compactMap { $0["provenance"]?.stringValue }.filter { $0.contains("support-routing") }
        #expect(!sources.isEmpty, "\(trials.compactMap { $0["provenance"]?.stringValue })")
        #expect(sources.allSatisfy { $0.contains("trial ") })
        let winner = try #require(first.json["best"]?["trial"]?.intValue)
        if winner > 0 { #expect(sources.contains { $0.contains("trial \(winner)") }) }
    }

    /// Who takes over begins with the recorded candidates, though the history has grown meanwhile.
    @Test(.timeLimit(.minutes(10))) func theChoiceIsMadeOnce() async throws {
        let bench = try await Workbench(latencyMilliseconds: 2)
        try #require(try await bench.run("compile", bench.study.path, "--quiet").status == 0)
        try await bench.lm.configure(["latency_ms": 150])
        let arguments = [
            "compile", bench.study.path, "--quiet", "--no-cache", "--concurrency", "8", "--set", "name=killed", "--set",
            Self.search,
        ]
        let child = try Child(Products.nightshift, arguments, environment: bench.environment, folder: bench.folder)
        let calls = try await bench.lm.calls()
        while child.isRunning, try await bench.lm.calls() < calls + 30 { try await Task.sleep(for: .milliseconds(20)) }
        try #require(child.isRunning)
        killTree(of: child.pid, dataDirectory: bench.dataDirectory)
        await child.wait()
        try await bench.lm.configure(["latency_ms": 2])
        try #require(
            try await bench.run("compile", bench.study.path, "--quiet", "--fresh", "--set", "name=between", "--set", "seed=3")
                .status == 0)
        let child2 = try await bench.run("compile", bench.study.path, "--quiet", "--set", "name=killed", "--set", Self.search)
        #expect(child2.status == 0, "\(child2.errors)")
        let trials = try await bench.run("trials", "killed", "--json").json.arrayValue ?? []
        let sources = trials.compactMap { $0["provenance"]?.stringValue }.filter { $0.contains("warm start") }
        #expect(!sources.isEmpty && sources.allSatisfy { $0.contains("support-routing") }, "\(sources)")
        // One that begins now sees both.
        let later = try await bench.run("compile", bench.study.path, "--quiet", "--set", "name=later", "--set", Self.search)
        #expect(later.status == 0, "\(later.errors)")
        let all = try await bench.run("trials", "later", "--json").json.arrayValue ?? []
        #expect(all.contains { $0["provenance"]?.stringValue?.contains("between") ?? false })
    }
}
