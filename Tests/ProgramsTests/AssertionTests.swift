import JSON
import Synchronization
import Testing

@testable import Programs

@Suite struct AssertionTests {
    /// Two predictors, an assertion about the first one's answer made after the second.
    struct Search: Program {
        let query = Predict("question -> query")
        let answer = ChainOfThought("question, query -> answer")
        var blamesQuery = true
        var isHard = true

        init() {}

        init(blamesQuery: Bool = true, isHard: Bool = true) {
            self.blamesQuery = blamesQuery
            self.isHard = isHard
        }

        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let query = try await query(inputs)
            let answer = try await answer(inputs.merging(query.fields))
            let isShort = (query["query"]?.stringValue ?? "").count <= 5
            let blamed: (any Module)? = blamesQuery ? self.query : nil
            if isHard {
                try Programs.assert(that: isShort, "The query must be short.", retry: blamed)
            } else {
                try Programs.suggest(that: isShort, "The query must be short.", retry: blamed)
            }
            return answer
        }
    }

    /// Gives a short query from the `patience`-th revision on.
    private static func model(patience: Int = 1) -> ScriptedModel {
        let revisions = Counter()
        return ScriptedModel { request in
            guard request.wants("query") else {
                return answer(["reasoning": "r", "answer": "of \(request.input("query") ?? "")"])
            }
            guard request.input("feedback") != nil else { return answer(["query": "far too long"]) }
            return answer(["query": revisions.next() >= patience ? "short" : "still too long"])
        }
    }

    private func run(_ module: any Module, _ model: ScriptedModel, maxBacktracks: Int = 2) async -> RunResult {
        await SwiftProgram(module, maxBacktracks: maxBacktracks, name: "p").run(["question": "q"], with: model)
    }

    @Test func theBlamedPredictorIsAskedAgain() async throws {
        let model = Self.model()
        let result = await run(Search(), model)
        #expect(try result.outcome.get()["answer"] == "of short")
        #expect(result.assertions == AssertionCounts(backtracks: 1))
        // Query, answer; query again; the answer to it.
        #expect(model.asked.count == 4 && result.calls == 4)
        let revision = model.asked[2]
        #expect(revision.input("past_query") == "far too long")
        #expect(revision.input("feedback") == "The query must be short.")
        #expect(revision.messages[0].content.contains("`past_query`") && revision.messages[0].content.contains("`feedback`"))
        // What an optimiser learns from is the question without the feedback, with the answer that held.
        #expect(result.trace.map(\.path) == ["query", "answer.predict"])
        #expect(result.trace[0] == TraceStep(path: "query", inputs: ["question": "q"], outputs: ["query": "short"]))
    }

    /// A program whose own fields have the names of a revision's.
    struct Review: Program {
        let review = Predict("draft, past_feedback -> feedback")
        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let review = try await review(inputs)
            try Programs.assert(that: review["feedback"] == "good", "be good")
            return review
        }
    }

    @Test func aRevisionHidesNoField() async throws {
        let model = ScriptedModel { answer(["feedback": $0.input("feedback_") == "be good" ? "good" : "bad"]) }
        let result = await SwiftProgram(Review.self, name: "p").run(["draft": "d", "past_feedback": "own"], with: model)
        #expect(try result.outcome.get()["feedback"] == "good")
        #expect(model.asked[1].input("past_feedback") == "own" && model.asked[1].input("past_feedback_") == "bad")
    }

    @Test func withoutABlamedOneTheLastIsAsked() async throws {
        let model = ScriptedModel { request in
            request.wants("query")
                ? answer(["query": "far too long"]) : answer(["reasoning": "r", "answer": request.input("feedback") ?? "first"])
        }
        let result = await run(Search(blamesQuery: false), model)
        #expect(result.failure?.kind == "assertion")
        // The query was asked once; the answer thrice.
        #expect(model.asked.filter { $0.wants("query") }.count == 1)
        #expect(model.asked.count == 4 && result.calls == 4)
        // Every output of the past answer is shown, and a message stands there once.
        #expect(model.asked[3].input("past_reasoning") == "r" && model.asked[3].input("feedback") == "The query must be short.")
        #expect(result.assertions == AssertionCounts(backtracks: 2, failedAsserts: 1, messages: ["The query must be short."]))
        #expect(result.failure?.fault == .program && result.trace.map(\.path) == ["query", "answer.predict"])
    }

    @Test func theLimitHolds() async throws {
        let lasting = Self.model(patience: 3)
        let failed = await run(Search(), lasting)
        #expect(failed.failure?.kind == "assertion" && failed.failure?.message == "The query must be short.")
        #expect(failed.assertions.backtracks == 2)
        let patient = await run(Search(), Self.model(patience: 3), maxBacktracks: 3)
        #expect(try patient.outcome.get()["answer"] == "of short")
        let strict = Self.model()
        let none = await run(Search(), strict, maxBacktracks: 0)
        #expect(none.failure?.kind == "assertion" && strict.asked.count == 2 && none.assertions.backtracks == 0)
    }

    @Test func aWishIsGivenUp() async throws {
        let model = Self.model(patience: 9)
        let result = await run(Search(isHard: false), model)
        #expect(try result.outcome.get()["answer"] == "of still too long")
        #expect(result.assertions == AssertionCounts(backtracks: 2, failedSuggests: 1, messages: ["The query must be short."]))
        // The third query equals the second, and so does the question that follows from it.
        #expect(model.asked.count == 5)
        let fulfilled = await run(Search(isHard: false), Self.model())
        #expect(fulfilled.assertions == AssertionCounts(backtracks: 1))
    }

    struct Endless: Program {
        let draft = Predict("question -> draft")
        let polish = Predict("draft -> answer")
        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let draft = try await draft(inputs)
            let answer = try await polish(draft.fields)
            try Programs.assert(that: false, "never \(draft["draft"]?.stringValue ?? "")", retry: self.draft)
            try Programs.assert(that: false, "not this either")
            return answer
        }
    }

    @Test func aProgramThatIsNeverContentEnds() async throws {
        let counter = Counter()
        let model = ScriptedModel { request in
            request.wants("draft") ? answer(["draft": "d\(counter.next())"]) : answer(["answer": "a\(counter.next())"])
        }
        let result = await run(Endless(), model, maxBacktracks: 3)
        #expect(result.failure?.message == "never d7" && result.assertions.backtracks == 3)
        // All messages so far reach the predictor, in order.
        #expect(model.asked.last { $0.wants("draft") }?.input("feedback") == "never d1\nnever d3\nnever d5")
    }

    struct Chain: Program {
        let first = Predict("question -> a")
        let second = Predict("a -> b")
        let third = Predict("b -> c")
        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let a = try await first(inputs)
            try Programs.assert(that: a["a"] == "good", "a")
            let b = try await second(a.fields)
            try Programs.suggest(that: b["b"] == "good", "b")
            let c = try await third(b.fields)
            try Programs.assert(that: c["c"] == "good", "c")
            return c
        }
    }

    @Test func revisionsAddUp() async throws {
        let model = ScriptedModel { request in
            let name = ["a", "b", "c"].first(where: request.wants) ?? ""
            return answer([name: request.input("feedback") == nil ? "bad" : "good"])
        }
        let result = await run(Chain(), model)
        #expect(try result.outcome.get()["c"] == "good")
        #expect(result.assertions.backtracks == 3 && model.asked.count == 6)
        #expect(result.trace.map(\.outputs) == [["a": "good"], ["b": "good"], ["c": "good"]])
    }

    /// Catches whatever its assertion throws.
    struct Careless: Program {
        let answer = Predict("question -> answer")
        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let answer = try await answer(inputs)
            try? Programs.assert(that: answer["answer"] == "good", "be good")
            return answer
        }
    }

    @Test func codeThatCatchesErrorsDoesNotEscape() async throws {
        let mended = await run(Careless(), ScriptedModel { answer(["answer": $0.input("feedback") == nil ? "bad" : "good"]) })
        #expect(try mended.outcome.get()["answer"] == "good" && mended.assertions.backtracks == 1)
        let lost = await run(Careless(), ScriptedModel { _ in answer(["answer": "bad"]) })
        #expect(lost.failure?.kind == "assertion" && lost.assertions.failedAsserts == 1)
    }

    /// Asks two predictors at a time; the first one's answer is at fault while the other call is still under way.
    struct Concurrent: Program {
        let quick = Predict("question -> a")
        let slow = Predict("question -> b")
        func forward(_ inputs: JSONObject) async throws -> Prediction {
            try await withThrowingTaskGroup(of: JSONObject.self) { group in
                group.addTask {
                    let answer = try await quick(inputs)
                    try Programs.assert(that: answer["a"] == "good", "be good", retry: quick)
                    return answer.fields
                }
                group.addTask { try await slow(inputs).fields }
                var fields = JSONObject()
                for try await part in group { fields = fields.merging(part) }
                return Prediction(fields: fields)
            }
        }
    }

    /// Waits with `b` until its task is cancelled or a revision has been asked for.
    final class SlowModel: LanguageModel {
        let hasRevision = Mutex(false)
        let cancelled = Counter()

        func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
            if request.wants("a") {
                let isRevision = request.input("feedback") != nil
                if isRevision { hasRevision.withLock { $0 = true } }
                return ChatResponse(text: answer(["a": isRevision ? "good" : "bad"]), usage: Usage(calls: 1, attempts: 1))
            }
            while !hasRevision.withLock({ $0 }) {
                do { try await Task.sleep(for: .milliseconds(1)) } catch {
                    cancelled.next()
                    throw LanguageModelError(.cancelled, "cancelled", usage: Usage(attempts: 1))
                }
            }
            return ChatResponse(text: answer(["b": "late"]), usage: Usage(calls: 1, attempts: 1))
        }
    }

    @Test func aCallGivenUpForABacktrackIsNoMissingData() async throws {
        let model = SlowModel()
        let result = await SwiftProgram(Concurrent(), name: "p").run(["question": "q"], with: model)
        #expect(try result.outcome.get().fields == ["a": "good", "b": "late"])
        #expect(model.cancelled.value == 1 && result.assertions.backtracks == 1)
        #expect(result.usage.total.attempts == 4)
    }

    @Test func aRunThatIsCancelledIsMissingData() async throws {
        let model = SlowModel()
        let running = Task {
            await SwiftProgram(Concurrent(), maxBacktracks: 0, name: "p").run(["question": "q"], with: model)
        }
        running.cancel()
        #expect(await running.value.failure?.fault == .infrastructure)
    }

    @Test func missingDataDecides() async throws {
        let model = ScriptedModel { request throws(LanguageModelError) in
            if request.input("feedback") != nil { throw LanguageModelError(.server, "overloaded") }
            return answer(["answer": "bad"])
        }
        let result = await run(Careless(), model)
        #expect(result.failure?.fault == .infrastructure && result.failure?.kind == "server")
        #expect(result.assertions.backtracks == 1)
    }

    @Test func calledOnItsOwnAProgramBacktracks() async throws {
        let answer = try await withLanguageModel(Self.model()) { try await Search()(["question": "q"]) }
        #expect(answer["answer"] == "of short")
        #expect(throws: RunFailure.self) { try Programs.assert(that: false, "outside") }
        #expect(throws: Never.self) { try Programs.suggest(that: false, "outside") }
    }

    /// A predictor that fails and is caught is not asked again, either.
    struct Fallback: Program {
        let fussy = Predict("question -> a: int")
        let answer = Predict("question -> answer")
        func forward(_ inputs: JSONObject) async throws -> Prediction {
            _ = try? await fussy(inputs)
            let answer = try await answer(inputs)
            try Programs.assert(that: answer["answer"] == "good", "be good")
            return answer
        }
    }

    @Test func failuresAreReplayed() async throws {
        let model = ScriptedModel { request in
            request.wants("a") ? "no number" : answer(["answer": request.input("feedback") == nil ? "bad" : "good"])
        }
        let result = await run(Fallback(), model)
        #expect(try result.outcome.get()["answer"] == "good")
        #expect(model.asked.filter { $0.wants("a") }.count == 2 && model.asked.count == 4)
    }
}
