import Foundation
import JSON
import Programs
import TestSupport
import Testing

@testable import ProgramMetrics

/// Our metrics against DSPy's on generated cases, and our judges' prompts against DSPy's, byte for byte.
///
/// Differences on purpose, each with its reason:
/// 1. passage_match: an answer that normalises to nothing matches no passage. DSPy lets it match every one, so that "the" is
///    right wherever anything was retrieved.
/// 2. exact_match and f1 of values that are not texts: compared as numbers, or as JSON values. DSPy raises a TypeError.
/// 3. passage_match and the others with an empty list as label: a metric error. DSPy raises a ValueError, and scores 0.
@Suite(.enabled(if: PeerPython.executable != nil, "\(PeerPython.absence)"))
struct MetricParityTests {
    private static let peer = Result {
        let source = URL(filePath: #filePath).deletingLastPathComponent()
        let root = source.deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appending(path: ".build/metric-parity")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "answers.json")
        guard let python = PeerPython.executable,
            PeerPython.run(python, [source.appending(path: "Parity/peer.py").path, file.path])
        else { throw CocoaError(.executableLoad) }
        return try JSON(parsing: Array(Data(contentsOf: file)))
    }

    private let answers: JSON
    private let cases: [JSON]

    init() throws {
        answers = try Self.peer.get()
        cases = try #require(answers["cases"]?.arrayValue)
        #expect(cases.count == 400)
    }

    @Test func textsAreNormalisedAlike() throws {
        for test in cases {
            let (text, theirs) = (try #require(test["answer"]?.stringValue), try #require(test["normalized"]?.stringValue))
            #expect(Array(normalizedText(text).unicodeScalars) == Array(theirs.unicodeScalars), "\(test.serialized())")
            #expect(normalizedTokens(text).map { Array($0.unicodeScalars) } == Self.words(theirs), "\(test.serialized())")
            #expect(
                passageTokens(text).map { Array($0.unicodeScalars) }
                    == test["tokens"]?.arrayValue?.map { Array(($0.stringValue ?? "").unicodeScalars) }, "\(test.serialized())")
        }
    }

    private static func words(_ text: String) -> [[Unicode.Scalar]] {
        text.unicodeScalars.split(separator: " ").map(Array.init)
    }

    @Test(
        arguments: [
            ("exact_match", ["kind": "exact_match"]), ("f1", ["kind": "f1"]), ("hotpot_f1", ["kind": "hotpot_f1"]),
            ("at_least_half", ["kind": "f1", "threshold": 0.5]),
        ] as [(String, JSON)])
    func scoresAreEqual(name: String, section: JSON) async throws {
        let metric = try metric(section: section, outputs: ["answer"])
        var scores: Set<Double> = []
        for test in cases {
            let example = Example(fields: ["answer": try #require(test["references"])], inputKeys: [])
            let prediction = Prediction(fields: ["answer": try #require(test["answer"])])
            let score = try await metric.score(example, prediction, trace: nil).score
            let theirs = try #require(test[name]?.doubleValue)
            #expect(abs(score - theirs) < 1e-12, "\(test.serialized())")
            scores.insert(score)
        }
        #expect(scores.isSuperset(of: [0, 1]))
    }

    @Test func passagesMatchAlike() async throws {
        let metric = try metric(section: ["kind": "passage_match"], outputs: ["context"])
        var (matches, emptyAnswers) = (0, 0)
        for test in cases {
            let references = try #require(test["references"]?.arrayValue)
            let example = Example(fields: ["answer": .array(references)], inputKeys: [])
            let prediction = Prediction(fields: ["context": try #require(test["passages"])])
            let score = try await metric.score(example, prediction, trace: nil).score
            let theirs = try #require(test["passage_match"]?.doubleValue)
            if references.contains(where: { passageTokens($0.stringValue ?? "").isEmpty }) {
                emptyAnswers += 1
                #expect(score <= theirs, "\(test.serialized())")
            } else {
                #expect(score == theirs, "\(test.serialized())")
            }
            matches += score == 1 ? 1 : 0
        }
        #expect(matches > 50 && matches < 350 && cases.count - emptyAnswers > 200)
    }

    @Test(
        arguments: [
            ("semantic_f1", ["kind": "semantic_f1"]), ("decompositional", ["kind": "semantic_f1", "decompositional": true]),
            ("complete_and_grounded", ["kind": "complete_and_grounded"]),
        ] as [(String, JSON)])
    func judgesAreAskedAlike(name: String, section: JSON) async throws {
        let model = ScriptedJudge(always: .fields(["recall": 1, "precision": 1, "completeness": 1, "groundedness": 1]))
        let metric = try metric(
            section: section, outputs: ["context", "response"], services: MetricServices(judge: model), field: "response")
        let example = Example(fields: ["question": "Why?", "response": "Because\nof it."], inputKeys: ["question"])
        let prediction = Prediction(fields: ["response": "So it is.", "context": ["One.", "Two."]])
        #expect(try await metric.score(example, prediction, trace: nil).score == 1)
        let theirs = try #require(answers["prompts"]?[name]?.arrayValue)
        let ours = model.asked.map {
            JSON.array($0.messages.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] })
        }
        #expect(ours == theirs)
    }
}

/// As ``metric(section:outputs:services:)`` with the judged field named.
private func metric(
    section: JSON, outputs: [String], services: MetricServices, field: String
) throws(Diagnostics) -> any Metric {
    let members = (section.objectValue ?? [:]).merging(["field": .string(field)])
    return try metric(section: .object(members), outputs: outputs, services: services)
}
