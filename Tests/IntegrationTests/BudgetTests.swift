import Foundation
import Glibc
import JSON
import Testing

/// Budgets end a search in good order: the best so far is confirmed, tested and written.
@Suite(.serialized) struct BudgetTests {
    /// Numbers and choices of the trials.
    private func choices(_ trials: [JSON]) -> [JSON] {
        trials.map { ["number": $0["number"] ?? .null, "params": $0["params"] ?? .null] }
    }

    @Test(.timeLimit(.minutes(10))) func aBudgetOfCallsIsKept() async throws {
        let bench = try await Workbench(latencyMilliseconds: 5)
        let full = try await bench.run("compile", bench.study.path, "--json", "--data-dir", "full")
        try #require(full.status == 0, "\(full.errors)")
        let everything = try await bench.run("trials", "support-routing", "--json", "--data-dir", "full").json.arrayValue ?? []
        let calls = try #require(full.json["lm"]?["calls"]?.intValue)
        let limit = calls * 3 / 4
        try await bench.lm.reset()
        let stopped = try await bench.run("compile", bench.study.path, "--json", "--set", "budget.lm_calls=\(limit)")
        #expect(stopped.status == 3, "\(stopped.errors)")
        #expect(stopped.json["study"]?["state"] == "finished" && stopped.json["study"]?["finish_reason"] == "budget_calls")
        let paid = try await bench.lm.calls()
        #expect(paid <= limit && paid > limit / 2, "\(paid) of \(limit), \(calls) without a budget")
        #expect(stopped.json["lm"]?["calls"]?.intValue == paid)
        let program = try #require(stopped.json["program"]?.stringValue)
        #expect(FileManager.default.fileExists(atPath: program))
        #expect(stopped.json["best"]?["test"]?.doubleValue != nil)
        // As far as it went, it went the same way.
        let trials = try await bench.trials()
        #expect(choices(trials).elementsEqual(choices(everything).prefix(trials.count)))
        #expect(trials.count < everything.count)
        // It has ended: the result is printed again, without a call.
        let again = try await bench.run("compile", bench.study.path, "--json", "--set", "budget.lm_calls=\(limit)")
        #expect(again.status == 3 && again.json["best"] == stopped.json["best"])
        #expect(try await bench.lm.calls() == paid)
    }

    /// What the test needs is left over from the first candidate on, also of one role's limit; the other roles need no price.
    @Test(.timeLimit(.minutes(10)), arguments: ["lm_calls: 340", "usd: 0.22", "tokens: 220000"])
    func aLimitOfOneRoleLeavesTheTestItsShare(_ limit: String) async throws {
        let bench = try await Workbench(latencyMilliseconds: 5)
        try bench.write(#"{"openai/sim": {"prompt": 1, "completion": 1}}"#, to: "prices.json")
        // The proposing model has another name, and no price.
        let answer = try await bench.run(
            "compile", bench.study.path, "--json", "--set", "budget={roles: {task: {\(limit)}}}", "--set",
            "lm.prompt={model: openai/other, base_url: '\(bench.lm.baseURL)'}",
            environment: ["NIGHTSHIFT_PRICES": bench.folder.appendingPathComponent("prices.json").path])
        #expect(answer.status == 3, "\(answer.errors)")
        #expect(answer.json["study"]?["finish_reason"]?.stringValue?.hasPrefix("budget_") == true)
        #expect((answer.json["lm"]?["by_stage"]?["search"]?.intValue ?? 0) > 0, "\(answer.output)")
        #expect(answer.json["best"]?["test"]?.doubleValue != nil)
        let notes = answer.json["notes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        #expect(!notes.contains { $0.contains("no score") }, "\(notes)")
    }

    /// A budget is no part of the plan: interrupted under one and resumed under a larger one, a study ends as if it had none.
    @Test(.timeLimit(.minutes(10))) func aRaisedBudgetAppliesToTheResumedStudy() async throws {
        let quiet = try await Workbench(latencyMilliseconds: 5)
        try #require(try await quiet.run("compile", quiet.study.path, "--quiet").status == 0)
        let bench = try await Workbench(latencyMilliseconds: 1000)
        let child = try bench.start("compile", bench.study.path, "--json", "--set", "budget={lm_calls: 400, wall: 9h}")
        while child.isRunning, !child.standardError.contains("baseline began") { try await Task.sleep(for: .milliseconds(20)) }
        child.signal(SIGKILL)
        await child.wait()
        try await bench.lm.configure(["latency_ms": 5])
        let answer = try await bench.run("compile", bench.study.path, "--json", "--set", "budget.lm_calls=100000")
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(answer.errors.contains("resuming"))
        #expect(try await bench.trials() == quiet.trials())
    }

    /// While it runs, a study may be given more.
    @Test(.timeLimit(.minutes(10))) func aRunningStudyIsGivenMore() async throws {
        let bench = try await Workbench(latencyMilliseconds: 500)
        let child = try bench.start("compile", bench.study.path, "--json", "--set", "budget.lm_calls=400")
        while child.isRunning, !child.standardError.contains("baseline began") { try await Task.sleep(for: .milliseconds(20)) }
        let raised = try await bench.run("budget", "support-routing", "--lm-calls", "100000", "--wall", "9h", "--json")
        #expect(raised.status == 0, "\(raised.errors)")
        #expect(raised.json["budget"] == ["lm_calls": 100_000, "tokens": .null, "usd": .null, "wall_s": 32400.0])
        try await bench.lm.configure(["latency_ms": 5])
        #expect(await child.wait() == 0, "\(child.standardError)")
        let shown = try await bench.run("budget", "support-routing", "--json")
        #expect((shown.json["used"]?["lm_calls"]?.intValue ?? 0) > 400, "\(shown.output)")
        let late = try await bench.run("budget", "support-routing", "--usd", "3")
        #expect(late.status == 2 && late.errors.contains("has ended") && late.errors.contains("--fresh"))
        #expect(try await bench.run("budget", "support-routing", "--usd", "-1").status == 2)
    }

    /// Killed after the stop, the study ends as it would have.
    @Test(.timeLimit(.minutes(10))) func aStopSurvivesACrash() async throws {
        let bench = try await Workbench(latencyMilliseconds: 80)
        let arguments = ["compile", bench.study.path, "--json", "--concurrency", "8", "--set", "budget.wall=4s"]
        let child = try Child(Products.nightshift, arguments, environment: bench.environment, folder: bench.folder)
        while child.isRunning, !child.standardError.contains("confirm began"), !child.standardError.contains("test began") {
            try await Task.sleep(for: .milliseconds(20))
        }
        try #require(child.isRunning, "\(child.standardError)")
        killTree(of: child.pid, dataDirectory: bench.dataDirectory)
        await child.wait()
        let before = try await bench.trials()
        let resumed = try await bench.run("compile", bench.study.path, "--json", "--set", "budget.wall=9h")
        #expect(resumed.status == 3, "\(resumed.errors)")
        #expect(resumed.json["study"]?["finish_reason"] == "budget_wall")
        #expect(choices(try await bench.trials()) == choices(before))
    }

    /// A budget that ends while the test rows are run is named, and the report counts the rows that are missing. With a
    /// higher one these are run, and no others.
    @Test(.timeLimit(.minutes(10))) func aBudgetThatEndsInTheTestIsNamed() async throws {
        let bench = try await Workbench(latencyMilliseconds: 20)
        func compile(_ limit: Int) async throws -> Workbench.Answer {
            try await bench.run(
                "compile", bench.study.path, "--json", "--set", "cache=false", "--set", "budget.lm_calls=\(limit)")
        }
        let child = try bench.start(
            "compile", bench.study.path, "--json", "--concurrency", "2", "--set", "cache=false", "--set",
            "budget.lm_calls=100000")
        while child.isRunning, !child.standardError.contains("test began") { try await Task.sleep(for: .milliseconds(10)) }
        try await bench.lm.configure(["latency_ms": 1500])
        let shown = try await bench.run("budget", "support-routing", "--json")
        let used = try #require(shown.json["used"]?["lm_calls"]?.intValue)
        #expect(try await bench.run("budget", "support-routing", "--lm-calls", "\(used + 3)").status == 0)
        #expect(await child.wait() == 3, "\(child.standardError)")
        let report = try await compile(used + 3).json
        #expect(report["study"]?["finish_reason"] == "budget_calls")
        let notes = report["notes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let missing = notes.filter { $0.contains("of 64 test examples have no score of") }
            .compactMap { Int($0.prefix { $0 != " " }) }.reduce(0, +)
        #expect(missing > 0 && missing < 128, "\(notes)")
        try await bench.lm.configure(["latency_ms": 5])
        let before = try await (trials: bench.trials(), calls: bench.lm.calls())
        let raised = try await bench.run("budget", "support-routing", "--lm-calls", "100000", "--json")
        #expect(raised.status == 0 && raised.json["study"]?["state"] == "running", "\(raised.errors)")
        let continued = try await compile(100_000)
        #expect(continued.status == 0 && continued.json["study"]?["finish_reason"] == "trials", "\(continued.errors)")
        #expect(continued.json["notes"]?.arrayValue?.contains { $0.stringValue?.contains("no score") == true } != true)
        #expect(continued.json["best"]?["test"]?.doubleValue != nil)
        #expect(continued.json["best"]?["trial"] == report["best"]?["trial"])
        let made = try await bench.lm.calls() - before.calls
        #expect(made == missing, "\(notes)")
        #expect(try await bench.trials() == before.trials)
    }

    @Test(.timeLimit(.minutes(10))) func whatCannotBeKeptIsRefused() async throws {
        let bench = try await Workbench()
        let tooSmall = try await bench.run("compile", bench.study.path, "--set", "budget.lm_calls=10")
        #expect(tooSmall.status == 2 && tooSmall.errors.contains("10 is too small"))
        let unpriced = try await bench.run("compile", bench.study.path, "--set", "budget.usd=1")
        #expect(unpriced.status == 2 && unpriced.errors.contains("no price is known for openai/sim"))
        #expect(unpriced.errors.contains("prices.json"))
        #expect(!FileManager.default.fileExists(atPath: bench.dataDirectory.path))
        try bench.write(#"{"openai/sim": {"prompt": 1, "completion": 1}}"#, to: "prices.json")
        let prices = ["NIGHTSHIFT_PRICES": bench.folder.appendingPathComponent("prices.json").path]
        let useless = try await bench.run("compile", bench.study.path, "--json", "--set", "budget.usd=0.05", environment: prices)
        #expect(useless.status == 2 && useless.errors.contains("too small for one useful step"), "\(useless.errors)")
        let priced = try await bench.run("compile", bench.study.path, "--json", "--set", "budget.usd=0.24", environment: prices)
        #expect(priced.status == 3, "\(priced.errors)")
        #expect(priced.json["study"]?["finish_reason"] == "budget_usd")
        let cost = try #require(priced.json["lm"]?["usd"]?.doubleValue)
        #expect(cost > 0)
    }
}
