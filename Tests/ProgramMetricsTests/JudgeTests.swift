import JSON
import Programs
import Testing

@testable import ProgramMetrics

@Suite struct JudgeTests {
    private let example = Example(
        fields: ["question": "Why?", "answer": "Because.", "notes": "n"], inputKeys: ["question"])
    private let prediction = Prediction(fields: ["answer": "So.", "context": ["One."]])
    private let usage = UsageByRole(.judge, Usage(calls: 1, attempts: 1, promptTokens: 10, completionTokens: 2))

    private func score(_ section: JSON, _ judge: ScriptedJudge) async throws -> MetricScore {
        try await metric(section: section, outputs: ["answer", "context"], services: MetricServices(judge: judge))
            .score(example, prediction, trace: nil)
    }

    private let semantic: JSON = ["kind": "semantic_f1", "field": "answer"]

    @Test func semanticF1() async throws {
        let judge = ScriptedJudge(always: .fields(["recall": 0.5, "precision": 1, "reasoning": "Half."]))
        let score = try await score(semantic, judge)
        #expect(abs(score.score - 2.0 / 3) < 1e-12)
        #expect(score.usage == usage)
        #expect(score.feedback == "recall 0.5, precision 1.0. Half.")
        #expect(judge.asked.map(\.temperature) == [0])
        // Clamped as DSPy does; and no division by zero.
        #expect(try await self.score(semantic, ScriptedJudge(always: .fields(["recall": 7, "precision": -1]))).score == 0)
        #expect(try await self.score(semantic, ScriptedJudge(always: .fields(["recall": 0, "precision": 0]))).score == 0)
    }

    @Test func completeAndGrounded() async throws {
        let section: JSON = ["kind": "complete_and_grounded"]
        #expect(requiredLabels(section: section, outputs: ["answer", "context"]) == ["question", "answer"])
        #expect(requiredLabels(section: section, outputs: ["answer"]) == ["question", "answer", "context"])
        let judge = ScriptedJudge(always: .fields(["completeness": 1, "groundedness": 0.25]))
        let score = try await score(section, judge)
        #expect(abs(score.score - 0.4) < 1e-12)
        #expect(score.usage == usage + usage)
        #expect(judge.asked.count == 2)
        #expect(judge.asked[1].messages.last?.content.contains("One.") == true)
        // What the first judge cost is not lost with the second.
        let failing = ScriptedJudge([.fields(["completeness": 1]), .failure(.rateLimited)])
        let error = await #expect(throws: MetricServiceError.self) { try await self.score(section, failing) }
        #expect(error?.usage[.judge].calls == 1)
        #expect(error?.usage[.judge].attempts == 2)
    }

    private let rubric: JSON = [
        "kind": "lm_judge", "rubric": "Is it polite?", "scale": ["min": 1, "max": 5],
        "inputs": ["question": "question", "answer": "answer", "right_answer": "example.answer"],
    ]

    @Test func rubricJudge() async throws {
        #expect(requiredLabels(section: rubric, outputs: ["answer", "context"]) == ["question", "answer"])
        let judge = ScriptedJudge(always: .fields(["score": 4, "rationale": "Rather polite."]))
        let score = try await score(rubric, judge)
        #expect(score == MetricScore(score: 0.75, feedback: "Rather polite.", usage: usage))
        let prompt = judge.asked[0].messages.map(\.content).joined(separator: "\n")
        for text in ["Is it polite?", "from 1 to 5", "[[ ## right_answer ## ]]\nBecause.", "[[ ## answer ## ]]\nSo."] {
            #expect(prompt.contains(text), "\(prompt)")
        }
        #expect(judge.asked[0].temperature == 0)
        let list: JSON = ["kind": "lm_judge", "rubric": "x", "inputs": ["question", "answer"]]
        #expect(requiredLabels(section: list, outputs: ["answer"]) == ["question"])
        #expect(try await self.score(list, judge).score == 0.75)
    }

    /// Missing data, with what the judge wrote and what it cost.
    @Test(arguments: [
        "no fields at all", "[[ ## rationale ## ]]\nx\n\n[[ ## score ## ]]\nmany",
        "[[ ## rationale ## ]]\nx\n\n[[ ## score ## ]]\n9",
    ])
    func uselessAnswers(text: String) async throws {
        let error = await #expect(throws: MetricError.self) { try await score(rubric, ScriptedJudge(always: .text(text))) }
        #expect((error?.usage[.judge].calls ?? 0) >= 1)
        #expect(error?.description.isEmpty == false)
    }

    @Test(arguments: [
        (LanguageModelError.Kind.rateLimited, LanguageModelError.Fault.infrastructure), (.timeout, .infrastructure),
        (.authentication, .refused), (.missingKey, .refused), (.unknownModel, .refused),
    ])
    func failuresAreNoScores(kind: LanguageModelError.Kind, fault: LanguageModelError.Fault) async throws {
        for section in [semantic, rubric, ["kind": "weighted", "weighted": [["metric": semantic]]]] {
            let error = await #expect(throws: MetricServiceError.self) {
                try await score(section, ScriptedJudge(always: .failure(kind)))
            }
            #expect(error?.fault == fault)
            #expect(error?.usage[.judge].attempts == 1)
        }
    }

    /// The answer that is to be judged may itself be what the provider refuses: that is the example's matter.
    @Test func filteredAnswersAreMissingData() async throws {
        await #expect(throws: MetricError.self) { try await score(rubric, ScriptedJudge(always: .failure(.contentFilter))) }
    }

    @Test func missingValues() async throws {
        let judge = ScriptedJudge(always: .fields([:]))
        let services = MetricServices(judge: judge)
        for section in [semantic, rubric, ["kind": "complete_and_grounded"]] {
            let metric = try metric(section: section, outputs: ["answer", "context"], services: services)
            await #expect(throws: MetricError.self) {
                try await metric.score(Example(fields: [:], inputKeys: []), prediction, trace: nil)
            }
            await #expect(throws: MetricError.self) { try await metric.score(example, Prediction(fields: [:]), trace: nil) }
        }
        #expect(judge.asked.isEmpty)
    }

    /// Checking needs no services; scoring says which is missing.
    @Test func servicesAreMissedWhenNeeded() async throws {
        let unchecked = try metric(section: semantic, outputs: ["answer", "context"], services: .none)
        let error = await #expect(throws: MetricServiceError.self) { try await unchecked.score(example, prediction, trace: nil) }
        #expect(error?.fault == .refused && error?.message.contains("lm.judge") == true)
        let findings = #expect(throws: Diagnostics.self) {
            try metric(section: semantic, outputs: ["answer", "context"], services: MetricServices())
        }
        #expect(findings?.description == "kind: semantic_f1 needs a judge model; set lm.judge")
    }

    @Test func rolesAndAcceptance() {
        let similarity: JSON = ["kind": "embedding_similarity"]
        #expect(requiredRoles(section: semantic) == [.judge])
        #expect(requiredRoles(section: similarity) == [.embedding])
        let both: JSON = ["weighted": [["metric": rubric], ["weight": 2, "metric": similarity], ["metric": ["kind": "f1"]]]]
        #expect(requiredRoles(section: both) == [.judge, .embedding])
        #expect(requiredRoles(section: ["kind": "exact_match"]).isEmpty && requiredRoles(section: "x").isEmpty)
        #expect(acceptanceThreshold(section: both) == 0.66 && acceptanceThreshold(section: semantic) == 0.66)
        #expect(acceptanceThreshold(section: ["kind": "f1"]) == nil)
        #expect(acceptanceThreshold(section: ["kind": "embedding_similarity", "threshold": 0.8]) == nil)
    }
}
