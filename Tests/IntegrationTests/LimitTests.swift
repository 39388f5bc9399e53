import Foundation
import JSON
import Testing

/// A provider that limits the rate slows a study down and changes nothing else.
@Suite(.serialized) struct LimitTests {
    @Test(.timeLimit(.minutes(4))) func aStudyEndsTheSameUnderALimit() async throws {
        let quiet = try await Workbench()
        try #require(try await quiet.run("compile", quiet.study.path, "--quiet").status == 0)
        let bench = try await Workbench(latencyMilliseconds: 20, flags: ["--rps", "250"])
        let answer = try await bench.run("compile", bench.study.path, "--json", "--workers", "2")
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(try await bench.trials() == quiet.trials())
        let stats = try await bench.lm.stats()
        let (calls, refused) = (stats["calls"]?.intValue ?? 0, stats["rejected"]?.intValue ?? 0)
        #expect(calls > 0 && refused < calls / 2, "\(stats)")
    }

    /// An example that takes longer than it may is a failure of the surroundings: where all do, the study pauses and says why.
    @Test(.timeLimit(.minutes(4))) func anExampleHasADeadline() async throws {
        let bench = try await Workbench(latencyMilliseconds: 600_000)
        let answer = try await bench.run(
            "evaluate", bench.study.path, "--split", "val", "--json", "--set", "lm.task.example_deadline=200ms")
        #expect(answer.status == 4 && answer.errors.contains("longer than lm.task.example_deadline"), "\(answer.errors)")
    }

    /// What a user allows is kept: the provider sees no more at once.
    @Test(.timeLimit(.minutes(4))) func theUsersLimitIsKept() async throws {
        let bench = try await Workbench(latencyMilliseconds: 10)
        let answer = try await bench.run(
            "evaluate", bench.study.path, "--split", "val", "--json", "--set", "lm.task.concurrency=3")
        #expect(answer.status == 0, "\(answer.errors)")
        let peak = try await bench.lm.stats()["peak"]?.intValue
        #expect((1...3).contains(peak ?? 0), "\(String(describing: peak))")
    }

    /// Requests that always fail are given up after their attempts; their neighbours are unharmed, and the report says why. In the
    /// end nothing else is in flight: that is no outage.
    @Test(.timeLimit(.minutes(4))) func requestsThatAlwaysFailHarmNoOther() async throws {
        let bench = try await Workbench()
        try await bench.lm.configure(["fault_text": "order"])
        let rows = try bench.text(of: "val.jsonl").split(separator: "\n")
        let bad = rows.indices.filter { rows[$0].contains("order") }
        try #require(bad.count == 3)
        let answer = try await bench.run("evaluate", bench.study.path, "--split", "val", "--json")
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(answer.json["examples"] == .int(64 - bad.count) && answer.json["errors"] == .int(bad.count), "\(answer.output)")
        let failures = answer.json["failures"]?.arrayValue ?? []
        #expect(failures.map { $0["example"] } == bad.map { .int($0) }, "\(failures)")
        for failure in failures {
            #expect(failure["outcome"] == "infrastructure_error" && failure["kind"] == "infrastructure")
            #expect(failure["message"]?.stringValue?.contains("500") == true, "\(failure)")
        }
        let scores = answer.json["scores"]?.arrayValue ?? []
        #expect(scores.count == 64 && scores.indices.filter { scores[$0].isNull } == bad)
        // Three attempts of the unit at most, five of the request in each.
        let faults = try await bench.lm.stats()["faults"]?.intValue ?? 0
        #expect((bad.count...(15 * bad.count)).contains(faults), "\(faults)")
    }
}
