import JSON
import Synchronization
import Testing

@testable import Programs

@Suite struct ProgramOfThoughtTests {
    /// Gives what a test says for each code, and remembers them.
    final class Sandbox: CodeSandbox {
        private let ran = Mutex<[String]>([])
        private let result: @Sendable (String) throws(CodeFailure) -> String

        init(_ result: @escaping @Sendable (String) throws(CodeFailure) -> String) { self.result = result }

        var codes: [String] { ran.withLock { $0 } }

        func run(_ code: String) async throws(CodeFailure) -> String {
            ran.withLock { $0.append(code) }
            return try result(code)
        }
    }

    private static func model(_ code: String, mended: String = "print(42)") -> ScriptedModel {
        ScriptedModel { request in
            if request.wants("generated_code") {
                return answer(["reasoning": "r", "generated_code": request.input("error") == nil ? code : mended])
            }
            return answer(["reasoning": "r", "answer": "so \(request.input("code_output") ?? "")"])
        }
    }

    private let program = SwiftProgram(ProgramOfThought("question -> answer"), name: "p")

    private func run(_ model: ScriptedModel, _ sandbox: Sandbox?) async -> RunResult {
        await program.run(["question": "q"], with: model, services: ProgramServices(sandbox: sandbox))
    }

    @Test func codeLeadsToTheAnswer() async throws {
        #expect(
            program.predictors.map(\.path) == ["code_generate.predict", "code_regenerate.predict", "generate_output.predict"])
        #expect(program.inputNames == ["question"] && program.outputNames == ["answer"])
        let sandbox = Sandbox { _ in "42" }
        let model = Self.model("Here it is:\n```python\nprint(6 * 7)\n```\nDone.")
        let result = await run(model, sandbox)
        #expect(try result.outcome.get()["answer"] == "so 42")
        #expect(sandbox.codes == ["print(6 * 7)"])
        #expect(result.trace.map(\.path) == ["code_generate.predict", "generate_output.predict"])
        #expect(result.trace[1].inputs == ["question": "q", "final_generated_code": "print(6 * 7)", "code_output": "42"])
        #expect(model.asked[0].messages[0].content.contains("standard library"))
    }

    @Test func codeThatFailsIsWrittenAnew() async throws {
        let sandbox = Sandbox { code throws(CodeFailure) in
            if code == "print(1/0)" { throw .failed("ZeroDivisionError: division by zero") }
            return "42"
        }
        let result = await run(Self.model("print(1/0)"), sandbox)
        #expect(try result.outcome.get()["answer"] == "so 42")
        #expect(result.trace.map(\.path)[1] == "code_regenerate.predict")
        #expect(
            result.trace[1].inputs == [
                "question": "q", "previous_code": "print(1/0)", "error": "ZeroDivisionError: division by zero",
            ])
    }

    @Test(arguments: [CodeFailure.failed("no"), .limit("no")])
    func codeThatNeverRuns(failure: CodeFailure) async throws {
        let sandbox = Sandbox { _ throws(CodeFailure) in throw failure }
        let result = await run(Self.model("print(1)", mended: "print(2)"), sandbox)
        #expect(result.failure?.fault == .program && result.failure?.message == "the code failed 3 times, the last time with: no")
        #expect(result.failure?.rawTexts == ["print(2)"] && sandbox.codes.count == 3 && result.calls == 3)
    }

    @Test func codeThatPrintsNothingFails() async throws {
        let result = await run(Self.model("x == 1", mended: ""), Sandbox { _ in "" })
        #expect(result.failure?.message.hasSuffix("there is no code") == true)
        #expect(result.trace[1].inputs["error"] == "the code printed nothing; it must print the result")
    }

    @Test func theSandboxItself() async throws {
        let off = await run(Self.model("print(1)"), nil)
        #expect(off.failure?.fault == .refused && off.failure?.message.contains("code_execution: true") == true && off.calls == 0)
        let broken = await run(Self.model("print(1)"), Sandbox { _ throws(CodeFailure) in throw .unavailable("no Python") })
        #expect(broken.failure?.fault == .infrastructure && broken.failure?.message == "the sandbox can't run code: no Python")
    }

    @Test(arguments: [
        ("print(1)", "print(1)"), ("```\nx\n```", "x"), ("```python\n  a = 1\n  b = 2\n```", "a = 1\nb = 2"),
        ("a\n```py\nb\n", "b"),
        ("  \n", ""), ("```python\na\n```\n```python\nb\n```", "a"),
    ])
    func fences(text: String, code: String) { #expect(pythonCode(in: text) == code) }

    @Test(arguments: [
        ("x = 1", "x = 1\nprint(x)"), ("y=2\nanswer_1 = y", "y=2\nanswer_1 = y\nprint(answer_1)"),
        ("print(1)\nx = 1", "print(1)\nx = 1"),
        ("x == 1", "x == 1"), ("if x:\n    y = 1", "if x:\n    y = 1"), ("f(x=1)", "f(x=1)"), ("1x = 1", "1x = 1"),
        ("x += 1", "x += 1"),
    ])
    func lastAssignments(code: String, printing: String) { #expect(printingLastAssignment(code) == printing) }

    struct Checked: Program {
        let solve = ProgramOfThought("question -> answer")
        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let answer = try await solve(inputs)
            try Programs.assert(that: answer["answer"] == "good", "be good")
            return answer
        }
    }

    @Test func aBacktrackRunsNoCodeAgain() async throws {
        let sandbox = Sandbox { _ in "42" }
        let model = ScriptedModel { request in
            request.wants("generated_code")
                ? answer(["reasoning": "r", "generated_code": "print(42)"])
                : answer(["reasoning": "r", "answer": request.input("feedback") == nil ? "bad" : "good"])
        }
        let result = await SwiftProgram(Checked.self, name: "p").run(
            ["question": "q"], with: model, services: ProgramServices(sandbox: sandbox))
        #expect(try result.outcome.get()["answer"] == "good")
        #expect(sandbox.codes.count == 1 && result.calls == 3)
    }
}
