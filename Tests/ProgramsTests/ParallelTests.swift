import JSON
import Synchronization
import Testing

@testable import Programs

@Suite struct ParallelTests {
    /// Answers the later questions first, and counts how many it has at a time.
    final class Unhurried: LanguageModel {
        private let present = Mutex((now: 0, most: 0))
        let failing: [String: LanguageModelError.Kind]

        init(failing: [String: LanguageModelError.Kind] = [:]) { self.failing = failing }

        var most: Int { present.withLock { $0.most } }

        func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
            present.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            defer { present.withLock { $0.now -= 1 } }
            let question = request.input("question") ?? ""
            if let kind = failing[question] { throw LanguageModelError(kind, question, usage: Usage(attempts: 1)) }
            do { try await Task.sleep(for: .milliseconds(20 - 2 * (Int(question) ?? 0))) } catch {
                throw LanguageModelError(.cancelled, "cancelled")
            }
            return ChatResponse(
                text: answer(["answer": request.input("feedback") ?? question]), usage: Usage(calls: 1, attempts: 1))
        }
    }

    struct Batch: Program {
        let ask = Predict("question -> answer")
        var width: Int? = 3
        var asserts = false

        init() {}
        init(width: Int? = 3, asserts: Bool = false) { (self.width, self.asserts) = (width, asserts) }

        struct Checked: Module {
            let ask: Predict
            func forward(_ inputs: JSONObject) async throws -> Prediction {
                let answer = try await ask(inputs)
                try Programs.assert(that: answer["answer"] != "4", "not four")
                return answer
            }
        }

        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let module: any Module = asserts ? Checked(ask: ask) : ask
            let answers = try await Parallel(maxConcurrency: width).run((0..<8).map { (module, ["question": .string("\($0)")]) })
            let texts = answers.map { answer -> JSON in
                switch answer {
                case .success(let prediction): prediction["answer"] ?? .null
                case .failure(let failure): .string(failure.kind)
                }
            }
            return Prediction(fields: ["answers": .array(texts)])
        }
    }

    @Test func orderAndWidth() async throws {
        let model = Unhurried()
        let result = await SwiftProgram(Batch(), name: "batch").run([:], with: model)
        let numbers = (0..<8).map { JSON.string("\($0)") }
        #expect(try result.outcome.get()["answers"] == .array(numbers))
        #expect(result.trace.compactMap { $0.inputs["question"] } == numbers)
        #expect(model.most == 3 && result.calls == 8)
    }

    @Test func aFailureIsAResult() async throws {
        let result = await SwiftProgram(Batch(), name: "batch").run([:], with: Unhurried(failing: ["2": .contentFilter]))
        #expect(try result.outcome.get()["answers"]?[2] == "contentFilter")
        #expect(result.trace.count == 7 && result.usage.total.attempts == 8)
    }

    @Test func missingDataEndsTheRun() async throws {
        let result = await SwiftProgram(Batch(width: 1), name: "batch").run([:], with: Unhurried(failing: ["1": .server]))
        #expect(result.failure?.kind == "server" && result.failure?.fault == .infrastructure)
        #expect(result.trace.count == 1 && result.usage.total.attempts == 2)
    }

    @Test func anAssertionStartsTheRunAgain() async throws {
        let model = Unhurried()
        let result = await SwiftProgram(Batch(width: nil, asserts: true), name: "batch").run([:], with: model)
        #expect(try result.outcome.get()["answers"]?[4] == "not four")
        #expect(result.assertions == AssertionCounts(backtracks: 1))
        #expect(result.trace.count == 8 && result.trace[4].outputs == ["answer": "not four"])
        // The others had their answers before the run started again.
        #expect(result.usage.total == Usage(calls: 9, attempts: 9))
    }

    @Test func outsideAProgram() async throws {
        let answers = try await withLanguageModel(Unhurried()) {
            try await Parallel().run([(Predict("question -> answer"), ["question": "1"]), (Predict("question -> answer"), [:])])
        }
        #expect(try answers[0].get()["answer"] == "1")
        #expect(throws: RunFailure.self) { try answers[1].get() }
    }
}
