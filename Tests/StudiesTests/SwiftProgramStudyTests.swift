import JSON
import Optimizers
import Programs
import Testing

@testable import Studies

/// A program as an executable would register it; it is described here, never run.
private struct Triage: ProgramHost {
    var fingerprint = "0123456789abcdef"
    let predictors: [PredictorDescription]
    let inputNames = ["utterance"]
    let outputNames = ["intent"]
    let sourceText = "intent = classify(utterance)"

    init() throws {
        let signature = try Signature("utterance -> intent", instructions: "Classify.")
        predictors = [PredictorDescription(path: "classify", signature: signature, module: "Predict")]
    }

    func run(_ inputs: JSONObject, in context: RunContext) async -> RunResult {
        RunResult(outcome: .success(Prediction(fields: ["intent": "card"])), trace: [], usage: .zero)
    }
}

@Suite struct SwiftProgramStudyTests {
    private let text = """
        nightshift: 1
        name: triage
        lm: {task: {model: openai/gpt-4o-mini}}
        program: {swift: triage}
        data: {train: train.jsonl, val: val.jsonl, inputs: [utterance]}
        metric: {kind: exact_match, field: intent}
        optimizer: {kind: mipro, auto: light}

        """

    @Test func travelsAsADescription() throws {
        let study = try TemporaryStudy(["study.yaml": text])
        let resolved = try study.resolve(swiftPrograms: ["triage": Triage()])
        let rebuilt = try Study(json: JSON(parsing: resolved.study.json.serialized()))
        #expect(rebuilt == resolved.study)
        #expect(rebuilt.fingerprint == resolved.study.fingerprint)
        #expect(rebuilt.program.predictors == (try Triage().predictors))
        #expect(rebuilt.program.initialState["classify"]?.instructions == "Classify.")
        #expect(rebuilt.facts(train: []).sourceText == "intent = classify(utterance)")
    }

    @Test func runsOnlyWhereTheSameProgramIsRegistered() throws {
        let program = try Triage()
        let study = try TemporaryStudy(["study.yaml": text]).resolve(swiftPrograms: ["triage": program]).study
        let host = try study.program.host { _ in program }
        #expect(host.fingerprint == program.fingerprint)
        var other = program
        other.fingerprint = "fedcba9876543210"
        #expect(throws: Diagnostic.self) { try study.program.host { _ in other } }
        #expect(throws: Diagnostic.self) { try study.program.host { _ in nil } }
        let changed = try TemporaryStudy(["study.yaml": text]).resolve(swiftPrograms: ["triage": other]).study
        #expect(try changed.changedKeys(from: study.json) == ["program.swift.fingerprint"])
    }

    @Test func unknownNamesListTheRegisteredOnes() throws {
        let study = try TemporaryStudy(["study.yaml": text.replacing("swift: triage", with: "swift: triaje")])
        #expect(
            study.complaints(swiftPrograms: ["triage": try Triage()])
                == "study.yaml:4: program.swift: unknown program 'triaje'; did you mean 'triage'? allowed: triage")
        #expect(study.complaints().hasPrefix("study.yaml:4: program.swift: no Swift program is registered in this executable"))
    }

    @Test func inputsMustBeThoseOfTheProgram() throws {
        let study = try TemporaryStudy(["study.yaml": text.replacing("[utterance]", with: "[utterence]")])
        let lines = study.complaints(swiftPrograms: ["triage": try Triage()]).split(separator: "\n")
        #expect(
            lines.contains(
                "study.yaml:5: data.inputs[0]: unknown input 'utterence'; did you mean 'utterance'? allowed: utterance"))
        #expect(lines.contains("study.yaml:5: data.inputs: the program also needs utterance"))
    }
}
