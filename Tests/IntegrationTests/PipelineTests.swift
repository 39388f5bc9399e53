import Foundation
import JSON
import Testing

/// Programs of many parts, and models that answer badly.
@Suite struct PipelineTests {
    /// Four predictors, retrieval, best of n, assertions, a searched parameter.
    private static let pipeline = """
        nightshift: 1
        name: pipeline
        seed: 7
        lm:
          task: {model: openai/sim, base_url: "${OPENAI_BASE_URL}", temperature: 0}
        program:
          retrievers:
            world: {kind: bm25, corpus: ../world/corpus.jsonl}
          steps:
            - topic: {predict: "question -> topic"}
            - query: {chain_of_thought: "question, topic -> search_query"}
            - short: {assert: search_query, max_length: 60, message: The search query must be at most 60 characters long., retry: query}
            - search: {retrieve: world, k: {search: [2, 3, 5]}, with: {query: search_query}}
            - draft:
                best_of_n: 3
                threshold: 1
                reward: [{value: draft, appears_in: passages}]
                step: {chain_of_thought: "context, question -> draft", with: {context: passages}}
            - answer: {predict: "context, question, draft -> answer", with: {context: passages}}
            - supported: {suggest: answer, appears_in: passages, message: The answer must appear in the context., retry: answer}
          outputs: [answer]
        data: {train: train.jsonl, val: val.jsonl, test: test.jsonl, inputs: [question]}
        metric: {kind: exact_match, field: answer}
        optimizer: {kind: random_search, num_candidate_programs: 4, max_bootstrapped_demos: 2, max_labeled_demos: 2}
        """

    @Test(.timeLimit(.minutes(10))) func sameTrialsOnFourWorkers() async throws {
        var tables: [[JSON]] = []
        for workers in ["1", "4"] {
            let bench = try await Workbench(example: "retrieval")
            try bench.write(Self.pipeline, to: "study.yaml")
            let answer = try await bench.run("compile", bench.study.path, "--json", "--workers", workers, "--concurrency", "8")
            try #require(answer.status == 0, "\(answer.errors)")
            #expect(answer.json["assertions"]?["baseline"]?["val"]?["backtracks"]?.intValue ?? 0 > 0, "\(answer.output)")
            let file = try JSON(parsing: try bench.text(of: "pipeline.json"))
            #expect(file.objectValue?.keys.prefix(4) == ["topic", "query.predict", "draft.module.predict", "answer"])
            tables.append(try await bench.trials())
        }
        #expect(tables[0] == tables[1])
        #expect(tables[0].count >= 5)
        #expect(Set(tables[0].compactMap { $0["params"]?["search.k"]?.intValue }).count > 1)
    }

    /// Three answers of ten are broken: every example still ends as a score or as the program's error, with what the model
    /// wrote, and no worker dies of it.
    @Test(.timeLimit(.minutes(10))) func malformedAnswers() async throws {
        let bench = try await Workbench(flags: ["--malformed-rate", "0.3"])
        let answer = try await bench.run("evaluate", bench.study.path, "--split", "test", "--json", "--workers", "2")
        try #require(answer.status == 0, "\(answer.errors)")
        let scores = try #require(answer.json["scores"]?.arrayValue)
        #expect(scores.count == 64)
        #expect(scores.allSatisfy { $0.doubleValue != nil })
        #expect(!answer.errors.contains("ended with"), "\(answer.errors)")
        // A broken answer is asked for again in the other form: more calls than examples, fewer errors than broken answers.
        let calls = try #require(answer.json["lm"]?["calls"]?.intValue)
        #expect((70...110).contains(calls), "\(calls) calls")
        #expect((1...15).contains(answer.json["errors"]?.intValue ?? 0), "\(answer.output)")
        // What failed says why, and what the model wrote in either form.
        let failures = answer.json["failures"]?.arrayValue ?? []
        #expect(failures.count == answer.json["errors"]?.intValue)
        for failure in failures {
            #expect(failure["outcome"] == "program_error" && failure["kind"] == "unparseable", "\(failure)")
            #expect(failure["raw"]?.arrayValue?.count == 2, "\(failure)")
        }
    }

    /// The numeric metric reads `#### 18` in a label and "The answer is $18." in an answer; instructions move the score.
    @Test(
        .timeLimit(.minutes(10)), .enabled(if: Products.hasShared("data/gsm8k"), "needs ../shared/data/gsm8k"))
    func gradeSchoolMathematics() async throws {
        let data = Products.shared.appendingPathComponent("data/gsm8k").path
        let bench = try await Workbench(flags: ["--knowledge", "\(data)/test.jsonl"])
        func study(_ instructions: String) -> String {
            """
            nightshift: 1
            name: gsm8k
            lm: {task: {model: openai/sim, base_url: "${OPENAI_BASE_URL}", temperature: 0}}
            program: {steps: [{solve: {chain_of_thought: "question -> answer", instructions: "\(instructions)"}}]}
            data: {train: "\(data)/train.jsonl", test: "\(data)/test.jsonl", inputs: [question]}
            metric: {kind: numeric, field: answer}
            """
        }
        var scores: [Double] = []
        for instructions in [
            "Answer.",
            "Solve the word problem step by step: write down every quantity, calculate carefully, check the result, and answer with the number.",
        ] {
            try bench.write(study(instructions), to: "study.yaml")
            let answer = try await bench.run("evaluate", bench.study.path, "--split", "test", "--json", "--fresh")
            try #require(answer.status == 0, "\(answer.errors)")
            scores.append(try #require(answer.json["score"]?.doubleValue))
        }
        #expect(scores[0] > 0.05 && scores[0] < 0.95)
        #expect(scores[1] > scores[0], "\(scores)")
    }
}
