import Foundation
import JSON

@testable import Programs

/// DSPy itself, in a virtual environment of its own: one Python process answers all cases.
struct DSPyPeer: Sendable {
    static let requirement = "dspy==3.4.1"
    static let absence = "needs python3 and \(requirement): set NIGHTSHIFT_PEER_VENV, or let pip reach a package index"

    let cases: JSON
    let answers: JSON
    let folder: URL

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// nil where DSPy can be neither found nor installed.
    static let python: URL? = {
        let home =
            ProcessInfo.processInfo.environment["NIGHTSHIFT_PEER_VENV"].map { URL(filePath: $0) }
            ?? root.appending(path: ".build/peer-venv")
        let python = home.appending(path: "bin/python")
        let probe = ["-c", "import importlib.metadata as m; assert m.version('dspy') == '3.4.1'"]
        if run(python, probe) { return python }
        guard run(URL(filePath: "/usr/bin/env"), ["python3", "-m", "venv", home.path]),
            run(python, ["-m", "pip", "install", "-q", requirement])
        else { return nil }
        return run(python, probe) ? python : nil
    }()

    static let shared = Result { try DSPyPeer() }

    private init() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Parity")
        let casesFile = sources.appending(path: "cases.json")
        folder = Self.root.appending(path: ".build/parity")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try StateFile(for: Banking.program).write(
            Banking.state, annotations: ["score": 0.5], to: folder.appending(path: "ours.json").path)
        cases = try JSON(parsing: Array(Data(contentsOf: casesFile)))
        guard let python = Self.python, Self.run(python, [sources.appending(path: "peer.py").path, casesFile.path, folder.path])
        else {
            throw CocoaError(.executableLoad)
        }
        answers = try JSON(parsing: Array(Data(contentsOf: folder.appending(path: "answers.json"))))
    }

    private static func run(_ executable: URL, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
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
                ])
        ),
    ])
}
