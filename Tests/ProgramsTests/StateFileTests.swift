import Foundation
import JSON
import Testing

@testable import Programs

@Suite struct StateFileTests {
    private let file = StateFile(for: Banking.program)

    @Test func text() {
        let text = StateFile(for: SwiftProgram(Predict("question -> answer"), name: "p")).text(
            ProgramState([("self", PredictorState(instructions: "é"))]), annotations: ["x": 1])
        #expect(
            text == """
                {
                  "traces": [],
                  "train": [],
                  "demos": [],
                  "signature": {
                    "instructions": "é",
                    "fields": [
                      {
                        "prefix": "Question:",
                        "description": "${question}"
                      },
                      {
                        "prefix": "Answer:",
                        "description": "${answer}"
                      }
                    ]
                  },
                  "lm": null,
                  "metadata": {
                    "dependency_versions": {}
                  }
                }

                """)
    }

    @Test func roundTripOnDisk() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "nightshift-state-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "program.json").path
        try file.write(Banking.program.initialState, to: path)
        try file.write(Banking.state, annotations: ["study": "s"], to: path)
        #expect(try file.load(from: path) == Banking.state)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["program.json"])
        #expect(try JSON(parsing: Array(Data(contentsOf: URL(filePath: path))))["nightshift"] == ["study": "s"])
        let error = #expect(throws: FileError.self) { try file.write(Banking.state, to: folder.path + "/none/x.json") }
        #expect(error?.description.contains("No such file") == true)
    }

    @Test func aFileOfAnotherProgramIsRefused() throws {
        var json = try #require(file.json(Banking.state).objectValue)
        json["extra"] = json["topic"]
        json["topic"] = nil
        json["intent.predict"] = ["signature": ["instructions": "x", "fields": []], "lm": .null]
        let error = #expect(throws: Diagnostics.self) { try file.state(from: .object(json)) }
        #expect(error?.all.map(\.path.description) == ["topic", "intent.predict.signature.fields", "extra"])
    }

    @Test func anotherOrderOfFieldsIsRefused() throws {
        let text = file.text(Banking.state).replacing("Utterance:", with: "?").replacing("Topic:", with: "Utterance:").replacing(
            "?", with: "Topic:")
        let error = #expect(throws: Diagnostics.self) { try file.state(from: JSON(parsing: text)) }
        #expect(error?.description.contains("another order") == true)
    }

    @Test func anotherFieldIsRefused() throws {
        let text = file.text(Banking.state).replacing("${topic}", with: "${subject}")
        let error = #expect(throws: Diagnostics.self) { try file.state(from: JSON(parsing: text)) }
        #expect(error?.description.contains("the file has the field 'subject', the program 'topic'") == true)
    }

    /// A state without a model of its own is what it was before there were any.
    @Test func ownModels() throws {
        let plain = ProgramState([("p", PredictorState(instructions: "Do.", demos: [["q": "x"]]))])
        #expect(plain.json.serialized() == #"{"p":{"instructions":"Do.","demos":[{"q":"x"}]}}"#)
        #expect(plain.digest == "05de7d3552e95bf1")
        var tuned = plain
        tuned["p"]?.model = "openai/ft:m:x::1"
        #expect(tuned.digest != plain.digest)
        #expect(try ProgramState(json: tuned.json) == tuned)
        #expect(throws: Diagnostic.self) { try ProgramState(json: ["p": ["instructions": "Do.", "demos": [], "model": 3]]) }
        var json = try #require(file.json(Banking.state).objectValue)
        for (lm, reason) in [("gpt-4o", "expected null"), (["temperature": 1], "expected null")] as [(JSON, String)] {
            json["topic"] = .object((json["topic"]?.objectValue ?? [:]).merging(["lm": lm]))
            let error = #expect(throws: Diagnostics.self) { try file.state(from: .object(json)) }
            #expect(error?.all.first?.path.description == "topic.lm" && error?.description.contains(reason) == true)
        }
    }

    @Test func aPredictorsOwnModelIsAsked() async throws {
        let program = SwiftProgram(Banking.Modules.self, name: "Banking")
        var state = program.initialState
        state["intent.predict"]?.model = "openai/ft:m:x::1"
        let asking = ScriptedModel { request in
            request.wants("topic") ? answer(["topic": "card"]) : answer(["reasoning": "r", "intent": "i"])
        }
        _ = await program.run(["utterance": "u"], in: RunContext(state: state, model: asking))
        #expect(asking.asked.map(\.model) == [nil, "openai/ft:m:x::1"])
    }

    @Test func digest() throws {
        let state = Banking.state
        #expect(try ProgramState(json: JSON(parsing: state.json.serialized())) == state)
        #expect(state.digest.count == 16)
        #expect(state.digest == ProgramState(state.paths.reversed().compactMap { path in state[path].map { (path, $0) } }).digest)
        var other = state
        other["topic"]?.demos = []
        #expect(other.digest != state.digest)
    }
}
