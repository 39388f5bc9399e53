import Foundation
import Glibc
import JSON
import TestSupport
import Testing

/// Prompt and weight steps in turn, with training jobs at the simulated LM.
@Suite(.serialized) struct BetterTogetherTests {
    private static let optimizer =
        "optimizer: {kind: better_together, optimizers: {p: {kind: random_search, num_candidate_programs: 2}, "
        + "w: {kind: bootstrap_finetune}}}"

    private func workbench(_ flags: [String] = [], optimizer: String = optimizer, latency: Int = 0) async throws -> Workbench {
        let bench = try await Workbench(latencyMilliseconds: latency, flags: flags)
        let text = try bench.text(of: "study.yaml")
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("optimizer:") })
        try bench.write(text.replacingOccurrences(of: String(line), with: optimizer), to: "study.yaml")
        return bench
    }

    @Test(.timeLimit(.minutes(10))) func eachStepGoesOnFromTheLast() async throws {
        let bench = try await workbench(["--finetune-ms", "1500"])
        let answer = try await bench.run("compile", "study.yaml", "--json")
        try #require(answer.status == 0, "\(answer.errors)")
        let jobs = try await bench.lm.trainingJobs()
        #expect(jobs.count == 1 && jobs[0]["status"] == "succeeded")
        let id = try #require(answer.json["study"]?["id"]?.stringValue)
        #expect(jobs[0]["metadata"]?["nightshift_unit"]?.stringValue == "\(id)/finetune/s2/all0")
        let name = try #require(jobs[0]["fine_tuned_model"]?.stringValue)
        #expect(name.hasPrefix("ft:sim:support-routing-"))

        let trials = try await bench.run("trials", "study.yaml", "--json").json.arrayValue ?? []
        let tuned = try #require(trials.firstIndex { $0["params"]?["route.predict.model"] == "tuned" })
        func best(_ trials: ArraySlice<JSON>) -> Double { trials.compactMap { $0["score"]?.doubleValue }.max() ?? 0 }
        let scores = [best(trials[..<1]), best(trials[1..<tuned]), best(trials[tuned...tuned]), best(trials[(tuned + 1)...])]
        #expect(scores[0] < scores[1] && scores[1] < scores[2], "prompts, then weights: \(scores)")
        #expect(answer.json["best"]?["val"]?.doubleValue == scores.max())
        #expect((answer.json["best"]?["gain_interval"]?[0]?.doubleValue ?? 0) > 0)

        // The program names its model, and asks it wherever it runs.
        let state = try JSON(parsing: try bench.text(of: "support-routing.json"))
        #expect(state["route.predict"]?["lm"] == ["model": .string("openai/\(name)")])
        let run = try await bench.run(
            "run", "study.yaml", "--state", "support-routing.json", "--input", #"{"message": "My parcel is late"}"#)
        #expect(run.status == 0 && run.output.contains("queue"), "\(run.errors)")
        try await bench.lm.configure(["models": ["sim"]])
        let calls = try await bench.lm.calls()
        let again = try await bench.run("compile", "study.yaml", "--json")
        #expect(again.status == 0 && again.json["best"] == answer.json["best"])
        #expect(try await bench.lm.calls() == calls)
    }

    /// Whoever looks after a training job may die: another finds the job, and there is no second one.
    @Test(.timeLimit(.minutes(10))) func workersDieDuringAJob() async throws {
        let quiet = try await workbench(["--finetune-ms", "300"])
        #expect(try await quiet.run("compile", "study.yaml", "--quiet").status == 0)

        let bench = try await workbench(["--finetune-ms", "45000"])
        let url = try await TestCluster.shared.makeDatabase()
        #expect(try await bench.run("db", "migrate", database: url).status == 0)
        let coordinator = try bench.start("coordinator", database: url)
        func worker() throws -> Child { try bench.start("worker", "--concurrency", "8", "--session", "2", database: url) }
        var current = try worker()
        #expect(try await bench.run("submit", "study.yaml", database: url).status == 0)
        while try await bench.lm.trainingJobs().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        for pause in [0, 700, 1500] {
            try await Task.sleep(for: .milliseconds(pause))
            current.signal(SIGKILL)
            await current.wait()
            current = try worker()
        }
        let unfinished = try await bench.lm.trainingJobs().map { $0["status"]?.stringValue ?? "" }
        #expect(unfinished.count == 1 && ["validating_files", "queued", "running"].contains(unfinished[0]), "\(unfinished)")
        while try await bench.run("status", "support-routing", "--json", database: url).json["study"]?["state"] != "finished" {
            try await Task.sleep(for: .milliseconds(300))
        }
        let jobs = try await bench.lm.trainingJobs()
        #expect(jobs.count == 1 && jobs[0]["status"] == "succeeded")
        #expect(try await bench.trials("support-routing", database: url) == quiet.trials())
        for child in [current, coordinator] {
            child.signal(SIGTERM)
            #expect(await child.wait() == 0)
        }
    }

    /// A training that comes to nothing ends the sequence; what was found before stands.
    @Test(.timeLimit(.minutes(10))) func aFailedTrainingIsSaid() async throws {
        let bench = try await workbench(["--finetune-ms", "100"])
        let rows = try bench.text(of: "train.jsonl").split(separator: "\n").prefix(9)
        try bench.write(rows.joined(separator: "\n") + "\n", to: "train.jsonl")
        let answer = try await bench.run("compile", "study.yaml")
        #expect(answer.status == 0, "\(answer.errors)")
        let note = try #require(
            answer.output.split(separator: "\n").first { $0.contains("The training of a model for route.predict failed: ") },
            "\(answer.output)")
        #expect(note.contains("at least 10"), "the provider's own words: \(note)")
        #expect(try await bench.lm.trainingJobs().map { $0["status"] } == ["failed"])
        #expect(try await !bench.trials().contains { $0["params"]?["route.predict.model"] != nil })
    }

    @Test(arguments: [
        ("strategy: p -> q", ["optimizer.strategy", "'q' is no step", "of: p, w"]),
        ("strategy: ''", ["optimizer.strategy", "is empty", "of: p, w"]),
        ("optimizers: {p: {kind: mipro}}", ["optimizer.strategy", "'w'"]),
        ("valset_ratio: 0.1", ["optimizer.valset_ratio", "data.val"]),
    ])
    func badSettingsAreRefused(setting: String, expected: [String]) async throws {
        let bench = try await workbench(optimizer: "optimizer: {kind: better_together, \(setting)}")
        let answer = try await bench.run("compile", "study.yaml")
        #expect(answer.status == 2)
        for part in expected { #expect(answer.errors.contains(part), "\(answer.errors)") }
        #expect(!FileManager.default.fileExists(atPath: bench.dataDirectory.path), "nothing was written")
    }

    @Test func aProviderThatTrainsNothingIsRefused() async throws {
        let bench = try await workbench()
        try bench.write(
            try bench.text(of: "study.yaml").replacingOccurrences(of: "openai/sim", with: "anthropic/sim"), to: "study.yaml")
        let answer = try await bench.run("compile", "study.yaml")
        #expect(answer.status == 2 && answer.errors.contains("lm.task.model") && answer.errors.contains("trains no models"))
        let prompts = try await bench.run("compile", "study.yaml", "--set", "optimizer.strategy=p", "--quiet")
        #expect(prompts.status == 0, "\(prompts.errors)")
    }
}
