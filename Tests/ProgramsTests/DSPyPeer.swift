import Foundation
import JSON
import TestSupport

@testable import Programs

/// DSPy itself, in a virtual environment of its own: one Python process answers all cases.
struct DSPyPeer: Sendable {
    let cases: JSON
    let answers: JSON
    let folder: URL

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let shared = Result { try DSPyPeer() }

    private init() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Parity")
        let casesFile = sources.appending(path: "cases.json")
        folder = Self.root.appending(path: ".build/parity")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try StateFile(for: Banking.program).write(
            Banking.state, annotations: ["score": 0.5], to: folder.appending(path: "ours.json").path)
        try Self.writeComposedStates(to: folder)
        cases = try JSON(parsing: Array(Data(contentsOf: casesFile)))
        try Data(GeneratedCases.json.bytes()).write(to: folder.appending(path: "generated.json"))
        guard let python = PeerPython.executable,
            PeerPython.run(python, [sources.appending(path: "peer.py").path, casesFile.path, folder.path])
        else {
            throw CocoaError(.executableLoad)
        }
        answers = try JSON(parsing: Array(Data(contentsOf: folder.appending(path: "answers.json"))))
    }
}

extension DSPyPeer {
    private static func writeComposedStates(to folder: URL) throws {
        try StateFile(for: Banking.program).write(
            Banking.ensemble, annotations: ["score": 0.5], to: folder.appending(path: "ensemble.json").path)
        var nearest = Banking.state
        nearest.nearestDemos = Banking.nearest
        try StateFile(for: Banking.program).write(nearest, to: folder.appending(path: "nearest.json").path)
        let program = SwiftProgram(Predict("question -> answer"), name: "qa")
        var bare = ProgramState([("self", PredictorState(instructions: "x", demos: [["question": "a", "answer": "b"]]))])
        bare.nearestDemos = Banking.nearest
        try StateFile(for: program).write(bare, to: folder.appending(path: "nearest-bare.json").path)
    }
}

/// The program that peer.py calls Banking.
enum Banking {
    static let program = SwiftProgram(Modules.self, name: "Banking")

    struct Modules: Program {
        let topic = Predict("utterance -> topic: Literal['card', 'cash']", instructions: "Name the area.")
        let intent = ChainOfThought("utterance, topic -> intent")

        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let topic = try await topic(inputs)
            return try await intent(inputs.merging(topic.fields))
        }
    }

    static let state = ProgramState([
        (
            "topic",
            PredictorState(
                instructions: "Name the area.\n\nOne word, « sans » commentaire.",
                demos: [["utterance": "x", "topic": "card", "augmented": true]])
        ),
        (
            "intent.predict",
            PredictorState(
                instructions: "Classify.",
                demos: [
                    ["utterance": "é\n\"q\"", "topic": "cash", "intent": "atm", "n": 1.5], ["utterance": "z", "intent": "y"],
                ], model: "openai/ft:gpt-4o-mini:banking::1")
        ),
    ])

    static let nearest = NearestDemos(
        count: 1, tracedLimit: 1, labelledLimit: 1, inputNames: ["utterance"],
        rows: [NearestDemos.Row(fields: ["utterance": "u", "intent": "i"])])

    /// Of three members.
    static let ensemble: ProgramState = {
        var (first, second, third) = (state, state, program.initialState)
        first["intent.predict"]?.model = nil
        second["intent.predict"]?.model = nil
        second["topic"]?.instructions = "Second."
        third["intent.predict"]?.demos = []
        first.ensemble = EnsembleState(partners: [second, third])
        return first
    }()
}
