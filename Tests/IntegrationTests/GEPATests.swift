import Foundation
import JSON
import Testing

/// Instructions that evolve by reflection, through workers, database and the simulated LM.
@Suite struct GEPATests {
    /// Two predictors: there is something to merge.
    private static let routing = """
        nightshift: 1
        name: reflected
        seed: 3
        lm: {task: {model: openai/sim, base_url: "${OPENAI_BASE_URL}", temperature: 0}}
        program:
          steps:
            - subject: {predict: "message -> subject", instructions: Name the subject.}
            - route:
                chain_of_thought: "message, subject -> queue"
                instructions: Route the customer's message.
                fields: {queue: {enum: labels.json}}
        data: {train: train.jsonl, val: val.jsonl, test: test.jsonl, inputs: [message]}
        metric: {kind: exact_match, field: queue}
        optimizer: {kind: gepa, max_metric_calls: 900}
        """

    @Test(.timeLimit(.minutes(10))) func instructionsEvolveTheSameOnFourWorkers() async throws {
        var tables: [[JSON]] = []
        for workers in ["1", "4"] {
            let bench = try await Workbench()
            try bench.write(Self.routing, to: "study.yaml")
            // Without the cache, which answers what candidates ask alike, the budget can be told from the calls.
            let answer = try await bench.run(
                "compile", bench.study.path, "--json", "--no-cache", "--workers", workers, "--concurrency", "16")
            try #require(answer.status == 0, "\(answer.errors)")
            tables.append(try await bench.trials())

            let before = try #require(answer.json["baseline"]?["test"]?.doubleValue)
            let after = try #require(answer.json["best"]?["test"]?.doubleValue)
            #expect(after > before + 0.05, "\(answer.output)")
            let calls = try #require(answer.json["lm"]?["by_stage"]?.objectValue)
            let spent = (calls["baseline"]?.intValue ?? 0) + (calls["search"]?.intValue ?? 0)
            // Two calls a run; the last iteration may go beyond the budget.
            #expect((2 * 900...2 * (900 + 6 + 64)).contains(spent), "\(calls)")
            #expect(calls["propose"]?.intValue ?? 0 > 3)
            #expect(calls["confirm"] == nil || calls["confirm"] == 0)

            let state = try JSON(parsing: try bench.text(of: "reflected.json"))
            #expect(state["route.predict"]?["demos"] == [])
            let text = state["route.predict"]?["signature"]?["instructions"]?.stringValue ?? ""
            #expect(text.contains("Route the customer's message.") && text.count > 60, "\(text)")
        }
        #expect(tables[0] == tables[1])
        #expect(tables[0].count >= 4)
        let numbers = tables[0].compactMap { $0["params"]?["route.predict.instructions"]?.intValue }
        #expect(numbers.first == 0 && Set(numbers).count > 1, "\(numbers)")
    }

    /// A minibatch of three and an evaluation now and then do not hold every slot; those that they hold are seldom idle.
    @Test(.timeLimit(.minutes(10))) func slotsThatNoIterationHoldsAreUnused() async throws {
        let bench = try await Workbench(latencyMilliseconds: 150)
        let text = try bench.text(of: "study.yaml").replacingOccurrences(
            of: "kind: mipro, auto: light", with: "kind: gepa, max_metric_calls: 400")
        try bench.write(text, to: "study.yaml")
        let answer = try await bench.run("compile", bench.study.path, "--json", "--concurrency", "64")
        try #require(answer.status == 0, "\(answer.errors)")
        let slots = try #require(answer.json["slots"])
        #expect(slots["width"] == .null && slots["available"] == 64, "\(slots)")
        #expect((20..<64).contains(slots["unused"]?.intValue ?? 0), "\(slots)")
        #expect(slots["idle"]?.doubleValue ?? 1 < 0.5, "\(slots)")
    }

    /// Answers that cannot be read do not end the search; shown to the reflecting model, they are feedback.
    @Test(.timeLimit(.minutes(10))) func brokenAnswersAreFeedback() async throws {
        let bench = try await Workbench(flags: ["--malformed-rate", "0.5"])
        let text = try bench.text(of: "study.yaml").replacingOccurrences(
            of: "kind: mipro, auto: light", with: "kind: gepa, max_metric_calls: 200, add_format_failure_as_feedback: true")
        try bench.write(text, to: "study.yaml")
        let answer = try await bench.run("compile", bench.study.path, "--json", "--concurrency", "16")
        try #require(answer.status == 0, "\(answer.errors)")
        #expect(answer.json["lm"]?["by_stage"]?["propose"]?.intValue ?? 0 > 0, "\(answer.output)")
    }
}
