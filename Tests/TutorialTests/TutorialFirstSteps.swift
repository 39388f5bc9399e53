import Foundation
import Nightshift
import Testing

private func threeLines() async throws {
    // begin three-lines
    configure(lm: try LM("openai/gpt-4o-mini"))
    let qa = ChainOfThought("question -> answer")
    print(try await qa(question: "Which river runs through Tarnwick?").answer)
    // end three-lines
}

private func answerFields() async throws -> (String, String, Prediction) {
    // begin answer-fields
    let qa = ChainOfThought("question -> answer")
    let prediction = try await qa(question: "Which river runs through Tarnwick?")
    let answer = try prediction.answer
    let reasoning: String = try prediction.reasoning
    // end answer-fields
    return (answer, reasoning, prediction)
}

private func otherModels() throws -> [LM] {
    // begin other-models
    let local = try LM("my-model", baseURL: "http://127.0.0.1:8080/v1", temperature: 0)
    let other = try LM("any-name", baseURL: "https://llm.example.org/v1", apiKeyVariable: "TEAM_LLM_KEY", maxTokens: 800)
    // end other-models
    return [local, other]
}

@Suite struct TutorialFirstSteps {
    @Test func everyBlockIsCompiled() throws {
        let (shown, compiled) = (try TutorialBlocks.shown(), try TutorialBlocks.compiled())
        #expect(!shown.isEmpty)
        #expect(Set(shown.keys).subtracting(compiled.keys).sorted() == [], "shown in docs/tutorial.md, but not compiled here")
        #expect(Set(compiled.keys).subtracting(shown.keys).sorted() == [], "compiled here, but not shown in docs/tutorial.md")
        for (name, code) in shown { #expect(compiled[name] == code, "the block '\(name)'") }
    }

    /// Without a key the first line says so; with one, the next two would cost money.
    @Test(.disabled(if: ProcessInfo.processInfo.environment["OPENAI_API_KEY"] != nil)) func theFirstLineAsksForTheKey()
        async throws
    {
        let error = await #expect(throws: Diagnostic.self) { try await threeLines() }
        #expect(error?.message.contains("OPENAI_API_KEY") == true)
    }

    @Test func answers() async throws {
        let model = FieldModel(["reasoning": "It lies in the valley of the Ouvel.", "answer": "Ouvel"])
        let (answer, reasoning, prediction) = try await withLanguageModel(model) { try await answerFields() }
        #expect(answer == "Ouvel")
        #expect(reasoning == "It lies in the valley of the Ouvel.")
        #expect(throws: RunFailure.self) { try prediction.river }
    }

    @Test func otherServersNeedNoKeyOfOpenAI() throws {
        #expect(try otherModels().map(\.name) == ["my-model", "any-name"])
        #expect(throws: Diagnostic.self) { try LM("gpt-4o-mini") }
        #expect(throws: Diagnostic.self) { try LM("my-model", baseURL: "127.0.0.1:8080") }
    }

    @Test func whatCallsCost() throws {
        let usage = Usage(calls: 1, attempts: 1, promptTokens: 2_000_000, completionTokens: 1_000_000)
        let cost = try #require(try LM("openai/gpt-4o-mini", apiKeyVariable: "PATH").cost(of: usage))
        #expect(abs(cost - (2 * 0.15 + 0.6)) < 1e-9)
        #expect(try LM("my-model", baseURL: "http://127.0.0.1:8080/v1").cost(of: usage) == nil, "unknown is not 0")
    }
}
