import Foundation
import Glibc
import JSON
import Testing

/// Retrievers, judges and metrics' programs as commands use them.
@Suite struct ServiceTests {
    private static func study(
        _ metric: String, retriever: String = "{kind: bm25, corpus: ../world/corpus.jsonl}"
    ) -> String {
        """
        nightshift: 1
        name: services
        lm:
          task: {model: openai/sim, base_url: "${OPENAI_BASE_URL}", temperature: 0}
          embedding: {model: openai/embedding, base_url: "${OPENAI_BASE_URL}"}
        program:
          retrievers:
            world: \(retriever)
          steps:
            - search: {retrieve: world, k: {search: [1, 3], start: 3}, query: question, as: context}
            - answer: {predict: "context, question -> answer"}
        data: {train: train.jsonl, val: val.jsonl, test: test.jsonl, inputs: [question]}
        metric: \(metric)
        optimizer: {kind: random_search, num_candidate_programs: 1, max_bootstrapped_demos: 1, max_labeled_demos: 1}
        """
    }

    /// A metric's program that outlives its input's end and SIGTERM is ended all the same.
    @Test(.timeLimit(.minutes(10)), arguments: [nil, "2"]) func programsOfMetricsEndWithTheirWorkers(workers: String?) async throws
    {
        let bench = try await Workbench(example: "retrieval")
        try bench.write(
            """
            import json, os, signal, sys, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            open("pids", "a").write(f"{os.getpid()}\\n")
            for line in sys.stdin:
                request = json.loads(line)
                right = request["example"]["answer"] == request["prediction"]["answer"]
                print(json.dumps({"id": request["id"], "score": right, "feedback": "said"}))
            while True:
                time.sleep(1)
            """, to: "judge.py")
        try bench.write(Self.study("{kind: process, command: [python3, judge.py], labels: [answer]}"), to: "study.yaml")
        let more = workers.map { ["--workers", $0] } ?? []
        let child = try Child(
            Products.nightshift, ["evaluate", bench.study.path, "--json"] + more, environment: bench.environment,
            folder: bench.folder)
        #expect(await child.wait() == 0, "\(child.standardError)")
        let pids = try bench.text(of: "pids").split(separator: "\n").compactMap { pid_t($0) }
        #expect(!pids.isEmpty)
        for pid in pids { #expect(kill(pid, 0) != 0, "\(pid) still runs") }
    }

    @Test(.timeLimit(.minutes(10))) func callsAreBilledToTheirRoles() async throws {
        let bench = try await Workbench(example: "retrieval")
        let judge = "{kind: lm_judge, rubric: Right is good., inputs: [question, answer]}"
        let metric = "{weighted: [{metric: \(judge)}, {metric: {kind: embedding_similarity}}]}"
        try bench.write(Self.study(metric), to: "study.yaml")
        try bench.write(#"{"sim": {"prompt": 1, "completion": 2}, "embedding": {"prompt": 1}}"#, to: "prices.json")
        let prices = ["NIGHTSHIFT_PRICES": bench.folder.appendingPathComponent("prices.json").path]
        // The cache would answer the same text the second time.
        let answer = try await bench.run("evaluate", bench.study.path, "--json", "--no-cache", environment: prices)
        try #require(answer.status == 0, "\(answer.errors)")
        let examples = try #require(answer.json["examples"]?.intValue)
        let (roles, lm) = (answer.json["lm"]?["by_role"], answer.json["lm"])
        #expect(roles?["task"]?.intValue == examples && roles?["embedding"]?.intValue == examples, "\(answer.output)")
        let judged = roles?["judge"]?.intValue ?? 0
        #expect(judged > 0 && judged <= examples)
        #expect(lm?["usd"]?.doubleValue ?? 0 > 0)
        #expect(lm?["calls"]?.intValue == 2 * examples + judged)
        // What is wrong with the prices is said before anything is run.
        let wrong = try await bench.run("compile", bench.study.path, environment: ["NIGHTSHIFT_PRICES": "/nowhere.json"])
        #expect(wrong.status == 2 && wrong.errors.contains("/nowhere.json"))
    }

    /// A metric that cannot judge a few answers costs their scores, on a second look too; one that judges nothing ends the study.
    @Test(.timeLimit(.minutes(10))) func errorsOfAMetricAreMissingData() async throws {
        let bench = try await Workbench(example: "retrieval")
        try bench.write(
            """
            import json, sys
            for line in sys.stdin:
                request = json.loads(line)
                right = request["example"]["answer"] == request["prediction"]["answer"]
                hard = sum(map(ord, request["example"]["question"])) % 5 == 0
                broken = sys.argv[1] == "all" or (hard and not right)
                print(json.dumps({"id": request["id"], **({"error": "cannot judge"} if broken else {"score": right})}), flush=True)
            """, to: "judge.py")
        func compile(_ errors: String) async throws -> Workbench.Answer {
            try bench.write(Self.study("{kind: process, command: [python3, judge.py, \(errors)]}"), to: "study.yaml")
            return try await bench.run("compile", bench.study.path, "--json", "--fresh")
        }
        let some = try await compile("some")
        try #require(some.status == 0, "\(some.errors)")
        #expect(some.json["notes"]?.arrayValue?.isEmpty == false, "some answers could not be judged: \(some.output)")
        #expect(try bench.text(of: "services.json").contains("answer"))
        #expect(some.json["study"]?["finish_reason"] == "trials", "\(some.output)")
        let all = try await compile("all")
        #expect(all.status == 1 && all.errors.contains("the metric failed on"), "\(all.output) \(all.errors)")
        try bench.write(Self.study("{kind: process, command: [no-such-judge]}"), to: "absent.yaml")
        let absent = try await bench.run("compile", "absent.yaml")
        #expect(absent.status == 2 && absent.errors.contains("metric.command: there is no executable 'no-such-judge'"))
        let evaluated = try await bench.run("evaluate", bench.study.path)
        #expect(evaluated.status == 1 && evaluated.errors.contains("the metric failed on"), "\(evaluated.errors)")
    }

    /// A judge that is away is no score: the study waits for it.
    @Test(.timeLimit(.minutes(10))) func aJudgeThatIsAwayPausesTheStudy() async throws {
        let bench = try await Workbench(example: "retrieval")
        try bench.write(Self.study("{kind: semantic_f1}"), to: "study.yaml")
        let away = "lm.judge={model: openai/sim, base_url: 'http://127.0.0.1:9/v1', timeout: 1s}"
        let paused = try await bench.run("evaluate", bench.study.path, "--json", "--set", away)
        #expect(paused.status == 4, "\(paused.output) \(paused.errors)")
        #expect(paused.errors.contains("semantic_f1"))
        let here = "lm.judge={model: openai/sim, base_url: '\(bench.lm.baseURL)'}"
        let resumed = try await bench.run("evaluate", bench.study.path, "--json", "--set", here)
        #expect(resumed.status == 0 && resumed.json["errors"]?.intValue == 0, "\(resumed.output) \(resumed.errors)")
    }

    /// In the database a corpus is found by its name, and by what an embedding model made of it.
    @Test(.timeLimit(.minutes(10))) func corporaOfTheDatabase() async throws {
        let bench = try await Workbench(example: "retrieval")
        func retriever(_ search: String) -> String {
            Self.study("{kind: f1, field: answer}", retriever: "{kind: postgres, corpus: world, search: \(search)}")
        }
        try bench.write(retriever("text"), to: "study.yaml")
        let absent = try await bench.run("evaluate", bench.study.path)
        #expect(absent.status == 2 && absent.errors.contains("no corpus 'world'"), "\(absent.errors)")
        let loaded = try await bench.run("corpus", "load", "../world/corpus.jsonl", "--name", "world")
        try #require(loaded.status == 0, "\(loaded.errors)")
        for search in ["text", "bm25"] {
            try bench.write(retriever(search), to: "study.yaml")
            let answer = try await bench.run("evaluate", bench.study.path, "--json")
            #expect(answer.status == 0 && answer.json["score"]?.doubleValue ?? 0 > 0, "\(answer.output) \(answer.errors)")
        }
        try bench.write(retriever("embeddings"), to: "study.yaml")
        let unembedded = try await bench.run("evaluate", bench.study.path)
        #expect(unembedded.status == 2 && unembedded.errors.contains("no embeddings by embedding"), "\(unembedded.errors)")
        let embedded = try await bench.run(
            "corpus", "load", "../world/corpus.jsonl", "--name", "world", "--embed", "openai/embedding", "--base-url",
            bench.lm.baseURL)
        try #require(embedded.status == 0, "\(embedded.errors)")
        let answer = try await bench.run(
            "run", bench.study.path, "--json", "--input", #"{"question": "Who founded Wintercrest Tools?"}"#)
        #expect(answer.status == 0 && answer.json["answer"]?.stringValue?.isEmpty == false, "\(answer.output) \(answer.errors)")
    }

    /// The searched values of a program are in every form of its file.
    @Test(.timeLimit(.minutes(10))) func parametersAreExported() async throws {
        let bench = try await Workbench(example: "retrieval")
        try bench.write(Self.study("{kind: f1, field: answer}"), to: "study.yaml")
        let compiled = try await bench.run("compile", bench.study.path, "--json")
        try #require(compiled.status == 0, "\(compiled.errors)")
        let written = try JSON(parsing: try bench.text(of: "services.json"))
        #expect(written["nightshift"]?["parameters"]?["search.k"]?.intValue != nil)
        let shown = try await bench.run("export", bench.study.path)
        #expect(
            shown.json["nightshift"]?["parameters"] == written["nightshift"]?["parameters"], "\(shown.output) \(shown.errors)")
    }
}
