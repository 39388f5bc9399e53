import Foundation
import JSON
import Testing

/// Optimizers that write instructions, through workers, database and the simulated LM.
@Suite struct InstructionTests {
    /// One and two steps, each told too little at first.
    private static func study(_ name: String, steps: Int, optimizer: String) -> String {
        let subject = """
                - subject: {predict: "message -> subject", instructions: Name the subject.}

            """
        return """
            nightshift: 1
            name: \(name)
            seed: 5
            lm: {task: {model: openai/sim, base_url: "${OPENAI_BASE_URL}", temperature: 0}}
            program:
              steps:
            \(steps == 2 ? subject : "")\
                - route:
                    chain_of_thought: "\(steps == 2 ? "message, subject" : "message") -> queue"
                    instructions: Route the customer's message.
                    fields: {queue: {enum: labels.json}}
            data: {train: train.jsonl, val: val.jsonl, test: test.jsonl, inputs: [message]}
            metric: {kind: exact_match, field: queue}
            optimizer: \(optimizer)
            """
    }

    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            ("copro", 1, "{kind: copro, breadth: 6, depth: 3}"), ("copro", 2, "{kind: copro, breadth: 4, depth: 2}"),
            ("bayesian", 2, "{kind: bayesian_signature, n: 6, proposal_rounds: 2}"),
            ("rounds", 1, "{kind: mipro, auto: light, proposal_rounds: 3}"),
        ])
    func instructionsImproveTheSameOnFourWorkers(name: String, steps: Int, optimizer: String) async throws {
        var tables: [[JSON]] = []
        for workers in ["1", "4"] {
            let bench = try await Workbench()
            try bench.write(Self.study(name, steps: steps, optimizer: optimizer), to: "study.yaml")
            let answer = try await bench.run("compile", bench.study.path, "--json", "--workers", workers, "--concurrency", "16")
            try #require(answer.status == 0, "\(answer.errors)")
            tables.append(try await bench.trials())

            let before = try #require(answer.json["baseline"]?["test"]?.doubleValue)
            let after = try #require(answer.json["best"]?["test"]?.doubleValue)
            #expect(after > before, "\(answer.output)")
            let state = try JSON(parsing: try bench.text(of: "\(name).json"))
            let text = state["route.predict"]?["signature"]?["instructions"]?.stringValue ?? ""
            #expect(name == "rounds" || text.count > "Route the customer's message.".count || steps == 2, "\(text)")
            if name != "rounds" { #expect(state["route.predict"]?["demos"] == []) }
        }
        #expect(tables[0] == tables[1])
        #expect(tables[0].count > 4)
    }

    @Test(.timeLimit(.minutes(10))) func mistakesAreNamedBeforeAnythingRuns() async throws {
        let bench = try await Workbench()
        for (optimizer, message) in [
            ("{kind: copro, breadth: 1}", "optimizer.breadth: 1 is out of range"),
            ("{kind: bayesian_signature, view_examples: true}", "bayesian_signature makes no demos"),
            ("{kind: mipro, search: dspy, proposal_rounds: 2}", "`search: dspy` proposes once"),
        ] {
            try bench.write(Self.study("wrong", steps: 1, optimizer: optimizer), to: "study.yaml")
            let answer = try await bench.run("compile", bench.study.path, "--json")
            #expect(answer.status == 2 && (answer.output + answer.errors).contains(message), "\(answer.output)\(answer.errors)")
        }
        #expect(try await bench.lm.calls() == 0)
    }
}
