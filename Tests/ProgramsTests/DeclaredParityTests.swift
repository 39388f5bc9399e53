import Foundation
import JSON
import TestSupport
import Testing

@testable import Programs

/// Declared programs against the DSPy modules that they stand for: the names of their predictors, and their state files.
@Suite(.enabled(if: PeerPython.executable != nil, "\(PeerPython.absence)"))
struct DeclaredParityTests {
    static let sections = [
        DeclaredStepsTests.hops,
        DeclaredStepsTests.hops.replacing("\"repeat\": 2", with: "\"repeat\": 2, \"shared\": true"),
        #"{"steps": [{"a": {"react": "question -> answer"}}, {"b": {"predict": "answer -> y"}}]}"#,
        #"{"code_execution": true, "steps": [{"a": {"program_of_thought": "question -> answer"}}]}"#,
        #"{"steps": [{"a": {"multi_chain_comparison": "question, topic -> answer", "attempts": 2}}]}"#,
        #"{"steps": [{"a": {"majority": 5, "step": {"chain_of_thought": "question -> answer"}}}]}"#,
        #"""
        {"steps": [{"a": {"best_of_n": 3, "reward": [{"value": "x", "max_words": 1}], "step": {"predict": "question -> x"}}},
          {"b": {"refine": 3, "reward": [{"value": "z", "max_words": 1}],
                 "steps": [{"y": {"predict": "x -> y"}}, {"z": {"chain_of_thought": "y -> z"}}]}}]}
        """#,
        #"""
        {"steps": [{"p": {"parallel": [{"a": {"predict": "question -> x"}}, {"b": {"chain_of_thought": "question -> y"}}]}},
          {"short": {"assert": "x", "max_length": 9}}, {"found": {"retrieve": "wiki"}}, {"c": {"predict": "x, y, passages -> z"}}]}
        """#,
        #"""
        {"steps": [{"outer": {"repeat": 2, "steps": [{"a": {"predict": "question -> x"}},
          {"inner": {"repeat": 2, "steps": [{"b": {"chain_of_thought": "x -> y"}}]}}]}}]}
        """#,
    ]

    @Test func predictorsAreNamedAlikeAndStatesFit() throws {
        let programs = try Self.sections.map { try DeclaredStepsTests.program($0) }
        let folder = FileManager.default.temporaryDirectory.appending(path: "nightshift-declared-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var cases: [JSON] = []
        for (index, program) in programs.enumerated() {
            let file = folder.appending(path: "\(index).json").path
            try StateFile(for: program).write(Self.state(of: program), to: file)
            cases.append(["program": program.json, "state": .string(file)])
        }
        let answers = try Self.answers(to: cases, in: folder)
        #expect(answers.count == programs.count)
        for (program, answer) in zip(programs, answers) {
            #expect(answer["names"]?.arrayValue?.compactMap(\.stringValue) == program.predictors.map(\.path))
            let ours = StateFile(for: program).json(Self.state(of: program))
            for predictor in program.predictors {
                let theirs = answer["states"]?[predictor.path]
                let own = ours[predictor.path]
                #expect(theirs?["demos"] == own?["demos"], "\(predictor.path)")
                #expect(theirs?["signature"]?.serialized() == own?["signature"]?.serialized(), "\(predictor.path)")
            }
        }
    }

    /// Not the initial one: every predictor has an instruction and a demo of its own.
    private static func state(of program: DeclaredProgram) -> ProgramState {
        ProgramState(
            program.predictors.map { predictor in
                let demo = JSONObject(predictor.signature.fields.map { ($0.name, .string("demo of \($0.name)")) })
                return (predictor.path, PredictorState(instructions: "Optimised \(predictor.path).", demos: [demo]))
            }, parameters: program.initialState.parameters)
    }

    private static func answers(to cases: [JSON], in folder: URL) throws -> [JSON] {
        let (casesFile, answersFile) = (folder.appending(path: "cases.json"), folder.appending(path: "answers.json"))
        try Data(JSON.array(cases).serialized().utf8).write(to: casesFile)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Parity/declared.py")
        guard let python = PeerPython.executable, PeerPython.run(python, [script.path, casesFile.path, answersFile.path]) else {
            throw CocoaError(.executableLoad)
        }
        return try #require(try JSON(parsing: Array(Data(contentsOf: answersFile))).arrayValue)
    }
}
