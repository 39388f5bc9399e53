import Foundation
import Programs
import Testing

@testable import Studies

/// A study file and the files that it names, in a folder that goes with this value.
struct TemporaryStudy: ~Copyable {
    let folder: URL

    /// The good study, with `files` added to it or replacing its own.
    init(_ files: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "studies-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in Self.good.merging(files, uniquingKeysWith: { $1 }) {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var path: String { folder.appending(path: "study.yaml").path }

    func resolve(
        sets: [String] = [], environment: [String: String] = [:], needs: StudyNeeds = .compile,
        swiftPrograms: [String: any ProgramHost] = [:]
    ) throws(StudyFileError) -> ResolvedStudy {
        try resolveStudy(
            file: path, sets: sets, environment: environment, needs: needs,
            swiftProgramNames: swiftPrograms.keys.sorted(), swiftProgram: { swiftPrograms[$0] })
    }

    /// What is wrong with the study, one finding a line, without the folder's name.
    func complaints(
        sets: [String] = [], environment: [String: String] = [:], needs: StudyNeeds = .compile,
        swiftPrograms: [String: any ProgramHost] = [:]
    ) -> String {
        do {
            _ = try resolve(sets: sets, environment: environment, needs: needs, swiftPrograms: swiftPrograms)
            return ""
        } catch {
            return error.description.replacing(folder.path + "/", with: "")
        }
    }

    static let good = [
        "study.yaml": goodStudy,
        "train.jsonl": rows(0..<10),
        "val.jsonl": rows(10..<50),
        "test.jsonl": rows(50..<60),
        "labels.json": #"["card", "cash", "transfer"]"#,
    ]

    static func rows(_ numbers: Range<Int>) -> String {
        let labels = ["card", "cash", "transfer"]
        return numbers.map { #"{"utterance": "query \#($0)", "intent": "\#(labels[$0 % 3])"}"# }.joined(separator: "\n") + "\n"
    }
}

/// Lines are counted on by the tests.
let goodStudy = """
    nightshift: 1
    name: banking-intents
    seed: 9
    lm:
      task: {model: openai/gpt-4o-mini, base_url: "http://127.0.0.1:8080/v1", temperature: 0, max_tokens: 1024, timeout: 60s}
      prompt: {model: openai/gpt-4o, temperature: 1}
    program:
      steps:
        - topic:
            predict: "utterance -> topic: Literal['card', 'transfer', 'cash']"
            instructions: Name the product area of the customer's query.
        - intent:
            chain_of_thought: "utterance, topic -> intent"
            instructions: Classify the customer's query.
            fields: {intent: {enum: labels.json, desc: one of the bank's intents}}
    data: {train: train.jsonl, val: val.jsonl, test: test.jsonl, inputs: [utterance]}
    metric: {kind: exact_match, field: intent}
    optimizer: {kind: mipro, auto: light}

    """
