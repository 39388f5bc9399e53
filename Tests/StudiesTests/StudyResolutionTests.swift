import JSON
import Optimizers
import Programs
import Testing

@testable import Studies

@Suite struct StudyResolutionTests {
    @Test func goodStudyResolves() throws {
        let study = try TemporaryStudy()
        let resolved = try study.resolve()
        #expect(resolved.notes == [])
        #expect(resolved.rows.mapValues(\.count) == [.train: 10, .val: 40, .test: 10])
        #expect(resolved.rows[.val]?.first == ["utterance": "query 10", "intent": "cash"])
        let value = resolved.study
        #expect(value.name == "banking-intents")
        #expect(value.seed == 9)
        #expect(value.models.task.baseURL == "http://127.0.0.1:8080/v1")
        #expect(value.models.task.temperature == 0)
        #expect(value.models.task.maxTokens == 1024)
        #expect(value.models.prompt == ModelSpec(model: "openai/gpt-4o", temperature: 1))
        #expect(value.models.teacher == value.models.task)
        #expect(value.models[.judge] == value.models.task)
        #expect(value.program.inputNames == ["utterance"])
        #expect(value.program.outputNames == ["intent"])
        #expect(value.program.predictors.map(\.path) == ["topic", "intent.predict"])
        #expect(value.data?.inputs == ["utterance"])
        #expect(value.data?.count(.val) == 40)
        #expect(value.metric?["field"] == "intent")
        #expect(value.facts(train: []).initial == value.program.initialState)
    }

    @Test func validationRowsAreSplitOffWithANote() throws {
        let study = try TemporaryStudy(["study.yaml": goodStudy.replacing("val: val.jsonl, test: test.jsonl, ", with: "")])
        let resolved = try study.resolve()
        #expect(resolved.rows[.train]?.compactMap { $0["utterance"]?.stringValue } == ["query 0", "query 1"])
        #expect(resolved.rows[.val]?.first?["utterance"] == "query 2")
        #expect(resolved.rows[.val]?.count == 8)
        #expect(resolved.rows[.test] == nil)
        #expect(resolved.study.data?.count(.test) == 0)
        #expect(
            resolved.notes == [
                "data.val is not given: the last 8 of the 10 rows of data.train are used for validation, 2 remain for training"
            ])
    }

    @Test func leaksAreNoted() throws {
        let study = try TemporaryStudy(["test.jsonl": TemporaryStudy.rows(8..<13)])
        #expect(
            try study.resolve().notes == ["2 of the 5 rows of data.test are also in data.train: scores on them flatter"])
    }

    @Test func runNeedsOnlyModelsAndProgram() throws {
        let text = goodStudy.split(separator: "\n").prefix(14).joined(separator: "\n").replacing(
            "name: banking-intents\n", with: "")
        let study = try TemporaryStudy(["study.yaml": text])
        let resolved = try study.resolve(needs: .run)
        #expect(resolved.study.name == "study")
        #expect(resolved.study.data == nil)
        #expect(resolved.study.metric == nil)
        #expect(resolved.study.optimizer == nil)
        #expect(resolved.study.program.inputNames == ["utterance"])
        #expect(resolved.rows.isEmpty)
        let complaints = study.complaints()
        for section in ["name", "data", "metric"] { #expect(complaints.contains("\(section): is missing; ")) }
    }

    @Test func evaluateReadsOnlyItsSplit() throws {
        let text = goodStudy.replacing("optimizer: {kind: mipro, auto: light}\n", with: "").replacing(
            "train.jsonl", with: "none.jsonl")
        let study = try TemporaryStudy(["study.yaml": text])
        let resolved = try study.resolve(needs: .evaluate(.test))
        #expect(resolved.rows.mapValues(\.count) == [.test: 10])
        #expect(resolved.study.optimizer == nil)
        #expect(study.complaints(needs: .evaluate(.train)).contains("none.jsonl: no such file"))
    }

    @Test func evaluateOfAMissingSplitIsRefused() throws {
        let study = try TemporaryStudy(["study.yaml": goodStudy.replacing("test: test.jsonl, ", with: "")])
        #expect(
            study.complaints(needs: .evaluate(.test)) == "study.yaml:16: data.test: is missing; name a .jsonl, .json or .csv file"
        )
    }

    @Test func columnsOutsideTheProgramAreKept() throws {
        let study = try TemporaryStudy(["val.jsonl": "{\"id\": 7, \"utterance\": \"q\", \"intent\": \"card\"}\n"])
        #expect(
            try study.resolve(needs: .evaluate(.val)).rows[.val] == [["id": 7, "utterance": "q", "intent": "card"]])
    }

    @Test func setsApplyBeforeValidation() throws {
        let study = try TemporaryStudy()
        let resolved = try study.resolve(sets: [
            "seed=0", "lm.task.temperature=0.7", "program.steps.1.intent.instructions=Other.",
        ])
        #expect(resolved.study.seed == 0)
        #expect(resolved.study.models.task.temperature == 0.7)
        #expect(resolved.study.program.initialState["intent.predict"]?.instructions == "Other.")
        #expect(
            study.complaints(sets: ["lm.task.temprature=1"]) == """
                --set lm.task.temprature=1: lm.task.temprature: unknown key 'temprature'; did you mean 'temperature'? \
                allowed: model, base_url, temperature, max_tokens, timeout, api_key_env, response_format, stop, cache, hedge, \
                requests_per_minute, tokens_per_minute, concurrency, example_deadline
                """)
    }

    @Test func modelChecksAreToldWithTheirLine() throws {
        let study = try TemporaryStudy()
        let error = #expect(throws: StudyFileError.self) {
            try resolveStudy(
                file: study.path, environment: [:],
                checkModel: { spec, _ throws(Diagnostic) in
                    if spec.model == "openai/gpt-4o" { throw Diagnostic(JSONPath([.key("model")]), "is retired") }
                })
        }
        #expect(error?.findings.map(\.line) == [6])
        #expect(error?.findings.first?.path.description == "lm.prompt.model")
    }

    @Test func allProblemsAreToldTogetherInLineOrder() throws {
        let text = goodStudy.replacing("seed: 9", with: "sed: 9").replacing("60s", with: "9").replacing(
            "gpt-4o, temp", with: "gpt-4o, tmp")
        let study = try TemporaryStudy(["study.yaml": text, "train.jsonl": "{\n"])
        let lines = study.complaints().split(separator: "\n")
        #expect(lines.count == 4)
        for (line, start) in zip(
            lines,
            ["study.yaml:3: sed: ", "study.yaml:5: lm.task.timeout: ", "study.yaml:6: lm.prompt.tmperature: ", "train.jsonl:1: "])
        {
            #expect(line.hasPrefix(start))
        }
    }
}
