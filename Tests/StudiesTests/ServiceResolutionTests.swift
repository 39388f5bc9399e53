import Foundation
import JSON
import Optimizers
import Programs
import Retrieval
import Testing

@testable import Studies

/// What a study file says of retrievers, tools, their models and metrics.
@Suite struct ServiceResolutionTests {
    // MARK: Good ones

    @Test(arguments: [
        ("{kind: bm25, corpus: passages.jsonl}", RetrieverSpec.Kind.bm25),
        ("{kind: bm25, corpus: passages.csv, text: text, k1: 1.5, b: 0.5}", .bm25),
        ("{kind: bm25, corpus: passages.txt}", .bm25),
        ("{kind: embeddings, corpus: passages.jsonl, text: text, id: id}", .embeddings),
        ("{kind: postgres, corpus: wiki}", .postgres),
        ("{kind: postgres, corpus: wiki, search: embeddings}", .postgres),
        ("{kind: http, url: 'https://example.org/search', method: post, k: '', timeout: 5s, parameters: {lang: en}}", .http),
    ])
    func retriever(section: String, kind: RetrieverSpec.Kind) throws {
        let resolved = try SearchStudy(retriever: section).resolve()
        #expect(resolved.study.services.retrievers["wiki"]?.kind == kind)
        #expect(resolved.corpora.count == (section.contains("passages.") ? 1 : 0))
        #expect(resolved.study.services.corpusNames == (kind == .postgres ? ["wiki"] : []))
        #expect(try Study(json: JSON(parsing: resolved.study.json.serialized())) == resolved.study)
    }

    @Test func corporaAreTheirContent() throws {
        func hash(_ section: String) throws -> CorpusSource? {
            try SearchStudy(retriever: section).resolve().study.services.retrievers["wiki"]?.corpus
        }
        let jsonl = try hash("{kind: bm25, corpus: passages.jsonl}")
        #expect(try hash("{kind: bm25, corpus: passages.csv}") == jsonl)
        #expect(try hash("{kind: bm25, corpus: passages.txt}") != jsonl)
        guard case .content(let sha256) = jsonl else {
            Issue.record("\(String(describing: jsonl))")
            return
        }
        #expect(try SearchStudy().resolve().corpora.map(\.sha256) == [sha256])
    }

    @Test func namesOfTheDatabaseAreSettled() throws {
        var services = try SearchStudy(retriever: "{kind: postgres, corpus: wiki}").resolve().study.services
        services.settle(corpora: ["other": "b", "wiki": "a"])
        #expect(services.retrievers["wiki"]?.corpus == .content(sha256: "a") && services.corpusNames.isEmpty)
    }

    @Test func toolsAndCode() throws {
        let study = try SearchStudy(
            more: """
                  code_execution: true
                  tools:
                    look: {retriever: wiki, k: 2, desc: Looks something up.}
                    weather:
                      http: {url: "https://example.org/{city}", result: now.text, timeout: 3s, headers: {X-Key: "${WEATHER_KEY}"}}
                      desc: Tells the weather.
                      parameters: {city: str, days: {type: int, default: 1, desc: how many}}
                """, steps: #"- agent: {react: "question -> answer", tools: [weather, look]}"#
        ).resolve().study
        #expect(study.services.runsCode)
        #expect(study.services.toolDescriptions.map(\.name) == ["look", "weather"])
        #expect(study.services.toolDescriptions[1].parameters.map(\.name) == ["city", "days"])
        #expect(try Study(json: JSON(parsing: study.json.serialized())) == study)
    }

    @Test(arguments: [
        "{kind: macro_f1}", "{kind: accuracy, field: answer}", "{kind: semantic_f1, decompositional: true}",
        "{kind: complete_and_grounded, field: answer}", "{kind: embedding_similarity, threshold: 0.8}",
        "{kind: lm_judge, rubric: Short is good., inputs: {said: answer, wanted: example.answer}, scale: {min: 0, max: 10}}",
        "{weighted: [{weight: 2, metric: {kind: f1}}, {metric: {kind: process, command: [python3, judge.py], labels: [answer]}}]}",
        "{kind: process, command: [python3, judge.py], timeout: 500ms}", "{kind: passage_match, passages: answer, label: answer}",
    ])
    func metric(section: String) throws {
        let study = try SearchStudy(metric: section).resolve().study
        #expect(study.folder != nil)
        let rebuilt = try Study(json: JSON(parsing: study.json.serialized()))
        #expect(rebuilt == study && rebuilt.fingerprint == study.fingerprint)
    }

    /// Another script is another metric, wherever the study file lies.
    @Test func scriptsArePartOfThePlan() throws {
        func study(_ script: String) throws -> Study {
            let text = TemporaryStudy.good["study.yaml", default: ""].split(separator: "\n").map {
                $0.hasPrefix("metric:") ? "metric: {kind: process, command: [python3, -u, judge.py]}" : String($0)
            }.joined(separator: "\n")
            return try TemporaryStudy(["judge.py": script, "study.yaml": text]).resolve().study
        }
        #expect(try study("print(1)").metricFiles.keys.sorted() == ["judge.py"])
        #expect(try study("print(1)").fingerprint == study("print(1)").fingerprint)
        #expect(try study("print(1)").fingerprint != study("print(2)").fingerprint)
        #expect(try Study(json: study("print(1)").json).fingerprint == study("print(1)").fingerprint)
    }

    @Test func rolesThatAreCalled() throws {
        func roles(_ metric: String, _ retriever: String = "{kind: bm25, corpus: passages.jsonl}") throws -> [Role] {
            try SearchStudy(retriever: retriever, metric: metric).resolve().study.calledRoles
        }
        #expect(try roles("{kind: f1}") == [.task, .teacher])
        #expect(try roles("{kind: semantic_f1}") == [.task, .teacher, .judge])
        #expect(try roles("{weighted: [{metric: {kind: embedding_similarity}}]}") == [.task, .teacher, .embedding])
        #expect(try roles("{kind: f1}", "{kind: embeddings, corpus: passages.jsonl}") == [.task, .teacher, .embedding])
    }

    @Test func aJudgeDoesNotLetEveryRunServeAsADemo() throws {
        func threshold(_ metric: String) throws -> Double? {
            let kind = try SearchStudy(metric: metric).resolve().study.optimizer?.kind
            return try #require(kind as? RandomSearchSettings).demos.metricThreshold
        }
        #expect(try threshold("{kind: semantic_f1}") == 0.66)
        #expect(try threshold("{kind: f1}") == nil)
    }

    // MARK: Secrets and fingerprints

    @Test(arguments: [
        "retrievers: {wiki: {kind: http, url: 'http://x/y', headers: {Authorization: 'Bearer ${SECRET}'}}}",
        "tools: {ask: {http: {url: 'http://x/y', headers: {Authorization: 'Bearer ${SECRET}'}}, desc: Asks.}}",
    ])
    func keysInHeadersAreNeverStored(services: String) throws {
        let text = """
            nightshift: 1
            name: secrets
            lm: {task: {model: openai/gpt-4o-mini}}
            program: {\(services), steps: [{answer: {predict: "question -> answer"}}]}
            """
        let file = try TemporaryStudy(["study.yaml": text])
        let study = try file.resolve(environment: ["SECRET": "s3cr3t"], needs: .run).study
        #expect(!study.json.serialized().contains("s3cr3t"))
        #expect(study.json.serialized().contains("Bearer ${SECRET}"))
        // Whoever submits needs no key, and which key it is does not change the plan.
        #expect(try file.resolve(needs: .run).study.fingerprint == study.fingerprint)
    }

    @Test func timeoutsDoNotChangeThePlan() throws {
        func study(_ seconds: Int) throws -> Study {
            try SearchStudy(
                retriever: "{kind: http, url: 'http://x/y', timeout: \(seconds)s}",
                more: "  tools: {ask: {http: {url: 'http://x/y', timeout: \(seconds)s}, desc: Asks.}}",
                metric: "{weighted: [{metric: {kind: process, command: [judge], timeout: \(seconds)s}}, {metric: {kind: f1}}]}"
            ).resolve().study
        }
        let (short, long) = (try study(1), try study(9))
        #expect(short.fingerprint == long.fingerprint && short != long)
        #expect(try short.changedKeys(from: long.json) == [])
    }

    @Test(arguments: [
        ("k1: 1.5", "services.retrievers.wiki.k1"), ("text: id", "services.retrievers.wiki.corpus.sha256"),
        ("b: 0.1", "services.retrievers.wiki.b"),
    ])
    func servicesArePartOfThePlan(change: String, path: String) throws {
        let study = try SearchStudy(retriever: "{kind: bm25, corpus: passages.jsonl}").resolve().study
        let other = try SearchStudy(retriever: "{kind: bm25, corpus: passages.jsonl, \(change)}").resolve().study
        #expect(try other.changedKeys(from: study.json) == [path])
    }

    /// As it has been since plans of version 2: what was compiled then is found again.
    @Test func aStudyWithoutServicesKeepsItsForm() throws {
        let study = try TemporaryStudy().resolve().study
        #expect(study.json.objectValue?.keys.contains("services") == false)
        #expect(study.json["metric"] == ["kind": "exact_match", "field": "intent", "label": "intent"])
        #expect(study.json["lm"]?["task"]?["response_format"] == nil && study.json["lm"]?["embedding"] == nil)
        #expect(study.fingerprint == "04c16e678eeeb0117a853ee09a5eda821b16a0191124fe6f920e55f9f509f447")
    }
}

/// A study that searches, in a folder that goes with this value.
struct SearchStudy: ~Copyable {
    let file: TemporaryStudy

    init(
        retriever: String = "{kind: bm25, corpus: passages.jsonl}", more: String = "", metric: String = "{kind: f1}",
        steps: String = #"- answer: {chain_of_thought: "context, question -> answer"}"#, lm: String = ""
    ) throws {
        let text = """
            nightshift: 1
            name: search
            lm:
              task: {model: openai/gpt-4o-mini}
              embedding: {model: openai/text-embedding-3-small}
            \(lm)
            program:
              retrievers:
                wiki: \(retriever)
            \(more)
              steps:
                - search: {retrieve: wiki, query: question, as: context}
                \(steps)
            data: {train: rows.jsonl, val: rows.jsonl, inputs: [question]}
            metric: \(metric)
            optimizer: {kind: random_search}
            """
        file = try TemporaryStudy([
            "study.yaml": text, "rows.jsonl": Self.rows,
            "passages.jsonl": #"{"id": "a", "text": "The Norin flows north."}"# + "\n"
                + #"{"id": "b", "text": "Aldley is a town."}"#,
            "passages.csv": "id,text\na,The Norin flows north.\nb,Aldley is a town.\n",
            "passages.txt": "The Norin flows north.\nAldley is a town.\n",
        ])
    }

    func resolve() throws -> ResolvedStudy { try file.resolve() }

    private static let rows = (0..<20).map {
        #"{"question": "Where is \#($0)?", "answer": "There.", "context": "It is there."}"#
    }.joined(separator: "\n")
}
