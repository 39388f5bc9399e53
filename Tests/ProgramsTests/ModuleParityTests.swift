import Foundation
import JSON
import TestSupport
import Testing

@testable import Programs

/// Our modules against DSPy's: paths, state files, what they ask.
@Suite(.enabled(if: PeerPython.executable != nil, "\(PeerPython.absence)"))
struct ModuleParityTests {
    struct Everything: Program {
        let agent = ReAct("question -> answer", tools: [search])
        let compare = MultiChainComparison("question -> answer", attempts: 2)
        let solve = ProgramOfThought("question -> answer")
        let best = BestOfN(ChainOfThought("question -> answer"), n: 2) { _, _ in 0 }
        let refined = Refine(Predict("question -> answer"), n: 2) { _, _ in 0 }

        func forward(_ inputs: JSONObject) async throws -> Prediction { try await best(inputs) }
    }

    private static let search = FunctionTool(name: "search", description: "", parameters: [Field(name: "query")]) { _ in
        "Ada, born 1815"
    }
    private static let program = SwiftProgram(Everything.self, name: "everything")
    private static let votes: [[JSON]] = [
        ["b", "The cat", "Cat!", "dog"], ["x", "y", "y", "x"], ["", "", "y"], ["", "the"], ["é", "e\u{301}", "e"],
        ["A dog", "an  dog.", "cat"],
    ]

    /// Every predictor's instructions changed, and a demo for one.
    private static var state: ProgramState {
        var state = program.initialState
        for path in state.paths { state[path]?.instructions = "Do « \(path) »." }
        state["solve.generate_output.predict"]?.demos = [["question": "q", "answer": "a", "augmented": true]]
        return state
    }

    private static let peer = Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "nightshift-modules-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try StateFile(for: program).write(state, to: folder.appending(path: "ours.json").path)
        try Data(JSON.array(votes.map { .array($0) }).bytes()).write(to: folder.appending(path: "votes.json"))
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Parity/modules.py").path
        guard let python = PeerPython.executable, PeerPython.run(python, [script, folder.path]) else {
            throw CocoaError(.executableLoad)
        }
        defer { try? FileManager.default.removeItem(at: folder) }
        let states = try ["resaved.json", "theirs.json"].map {
            try StateFile(for: program).load(from: folder.appending(path: $0).path)
        }
        return (
            answers: try JSON(parsing: Array(Data(contentsOf: folder.appending(path: "answers.json")))), resaved: states[0],
            theirs: states[1]
        )
    }

    @Test func pathsAndFields() throws {
        let theirs = try #require(Self.peer.get().answers["predictors"]?.objectValue)
        #expect(Self.program.predictors.map(\.path) == theirs.keys)
        for predictor in Self.program.predictors {
            #expect(
                JSON.array(predictor.signature.fields.map { .string($0.name) }) == theirs[predictor.path], "\(predictor.path)")
        }
    }

    @Test func stateFiles() throws {
        let peer = try Self.peer.get()
        #expect(peer.resaved == Self.state)
        let agent = try #require(peer.answers["instructions"]?["agent.react"]?.stringValue)
        #expect(agent.hasPrefix("Do « agent.react ».\n\nYou work in steps") && agent.contains("(1) search"))
        #expect(peer.theirs["compare.predict"]?.demos == [["question": "q", "rationale": "r", "answer": "a"]])
        #expect(peer.theirs["best.module.predict"]?.instructions == "Their words.")
    }

    @Test func trajectories() async throws {
        let theirs = try #require(Self.peer.get().answers["trajectory"])
        let model = ScriptedModel { request in
            if request.wants("answer") { return answer(["reasoning": "seen", "answer": "1815"]) }
            let isOver = request.messages.last?.content.contains("observation_0") ?? false
            return isOver
                ? answer(["next_thought": "enough", "next_tool_name": "finish", "next_tool_args": "{}"])
                : answer(["next_thought": "look", "next_tool_name": "search", "next_tool_args": #"{"query": "lovelace"}"#])
        }
        let agent = ReAct("question -> answer", tools: [Self.search])
        let result = await SwiftProgram(agent, name: "agent").run(["question": "Born?"], with: model)
        #expect(try JSON.object(result.outcome.get().fields) == theirs["prediction"])
        #expect(model.asked.map { .string($0.messages.last?.content ?? "") } == theirs["questions"]?.arrayValue)
    }

    @Test func comparisons() async throws {
        let model = ScriptedModel.echoing()
        _ = await SwiftProgram(MultiChainComparison("question -> answer", attempts: 2), name: "p").run(
            [
                "question": "q",
                "completions": [["reasoning": " first\nmore", "answer": "a\nb"], ["rationale": "second", "answer": 7]],
            ], with: model)
        #expect(try Self.peer.get().answers["comparison"]?.stringValue == model.asked.first?.messages.last?.content)
    }

    @Test func majorities() throws {
        let ours = Self.votes.map { vote in
            majority(vote.enumerated().map { ["n": .int($0.offset), "answer": $0.element] })?["n"] ?? .null
        }
        #expect(try Self.peer.get().answers["majorities"] == .array(ours))
    }
}
