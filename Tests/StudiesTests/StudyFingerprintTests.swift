import JSON
import Optimizers
import Programs
import Testing

@testable import Studies

@Suite struct StudyFingerprintTests {
    /// The good study with `edits` made in its text and `files` replaced.
    private func resolve(_ edits: [(String, String)] = [], _ files: [String: String] = [:]) throws -> Study {
        var text = goodStudy
        for (find, replacement) in edits {
            let edited = text.replacing(find, with: replacement, maxReplacements: 1)
            try #require(edited != text)
            text = edited
        }
        return try TemporaryStudy(files.merging(["study.yaml": text]) { $1 }).resolve().study
    }

    @Test func survivesWhatDoesNotChangeThePlan() throws {
        let study = try resolve()
        #expect(study.fingerprint.count == 64)
        let reordered = goodStudy.split(separator: "\n").filter { !$0.hasPrefix("seed") && !$0.hasPrefix("metric") }
        let others = [
            try resolve([("nightshift: 1", "# a comment\nnightshift: 1")]),
            try resolve([("127.0.0.1:8080", "example.org")]),
            try resolve([("timeout: 60s", "timeout: 5s, api_key_env: MY_KEY")]),
            try resolve([
                ("model: openai/gpt-4o-mini, ", ""), ("temperature: 0,", "temperature: 0.0, model: openai/gpt-4o-mini,"),
            ]),
            try resolve([("{kind: exact_match, field: intent}", "{field: intent, kind: exact_match}")]),
            try resolve([(", field: intent", "")]),
            try resolve([("auto: light", "max_rounds: 1")]),
            try resolve([("val: val.jsonl", "val: rows.csv")], ["rows.csv": Self.csv]),
            try resolve([("labels.json", "['card', \"cash\", transfer]")]),
            try resolve([("  prompt:", "  judge: {model: openai/gpt-4o-mini, temperature: 0, max_tokens: 1024}\n  prompt:")]),
            try TemporaryStudy([
                "study.yaml": "metric: {kind: exact_match, field: intent}\nseed: 9\n" + reordered.joined(separator: "\n")
            ])
            .resolve().study,
        ]
        for (index, other) in others.enumerated() {
            #expect(other.fingerprint == study.fingerprint, "\(index)")
            #expect(try other.changedKeys(from: study.json) == [], "\(index)")
        }
    }

    private static let csv =
        "intent,utterance\r\n" + (10..<50).map { "\(["card", "cash", "transfer"][$0 % 3]),query \($0)\r\n" }.joined()

    @Test(arguments: [
        ("seed: 9", "seed: 10", "seed"),
        ("seed: 9", "", "seed"),
        ("gpt-4o-mini", "gpt-4.1", "lm.task.model"),
        ("temperature: 1}", "temperature: 0.9}", "lm.prompt.temperature"),
        ("max_tokens: 1024", "max_tokens: 512", "lm.task.max_tokens"),
        ("Classify the customer's query.", "Classify the query.", "program"),
        ("temperature: 0,", "temperature: 0.1,", "lm.task.temperature"),
        ("auto: light", "auto: light, max_bootstrapped_demos: 3", "optimizer"),
    ])
    func changesWithThePlan(find: String, replacement: String, key: String) throws {
        let study = try resolve()
        let other = try resolve([(find, replacement)])
        #expect(other.fingerprint != study.fingerprint)
        let changed = try other.changedKeys(from: study.json)
        #expect(changed.contains { $0.hasPrefix(key) }, "\(changed)")
    }

    @Test func changesWithOneRowAndWithTheLabels() throws {
        let study = try resolve()
        let row = try resolve([], ["val.jsonl": TemporaryStudy.rows(10..<50).replacing("query 30\"", with: "query 30!\"")])
        #expect(try row.changedKeys(from: study.json) == ["data.val.sha256"])
        let order = try resolve([], ["labels.json": #"["cash", "card", "transfer"]"#])
        #expect(order.fingerprint != study.fingerprint)
    }

    @Test func rebuildsFromItsJSON() throws {
        let study = try resolve()
        let text = study.json.serialized()
        let rebuilt = try Study(json: JSON(parsing: text))
        #expect(rebuilt == study)
        #expect(rebuilt.json.serialized() == text)
        #expect(rebuilt.fingerprint == study.fingerprint)
        #expect(rebuilt.models == study.models)
        #expect(rebuilt.data == study.data)
        #expect(rebuilt.optimizer == study.optimizer)
        #expect(rebuilt.program.predictors == study.program.predictors)
        #expect(rebuilt.program.initialState == study.program.initialState)
        #expect(throws: Diagnostic.self) { try Study(json: ["nightshift": 2]) }
        #expect(throws: Diagnostic.self) { try Study(json: ["nightshift": 1, "name": "x"]) }
    }
}
