import JSON
import Programs
import Testing

@testable import LanguageModels

@Suite struct OpenAICompletionTests {
    private func body(_ model: String, _ request: ChatRequest) throws -> JSON {
        let settings = try LanguageModelSettings(model: model, temperature: 0.5, maxTokens: 100)
        return OpenAICompletion.body(of: request, settings)
    }

    @Test func openAIsOwnNameForTheLimit() throws {
        let body = try body("openai/gpt-4o-mini", hello)
        #expect(body["max_completion_tokens"] == 100)
        #expect(body["max_tokens"] == nil)
        #expect(body["temperature"] == 0.5)
    }

    @Test func reasoningModelsTakeNoTemperature() throws {
        var request = hello
        (request.temperature, request.stop, request.rollout) = (1, ["END"], 7)
        let body = try body("openai/o4-mini", request)
        #expect(body["temperature"] == nil)
        #expect(body["stop"] == nil)
        #expect(body["seed"] == 7)
    }

    @Test(arguments: [
        ("o1", true), ("o3-mini", true), ("o4-mini-2025-04-16", true), ("gpt-5", true), ("gpt-5-nano", true),
        ("gpt-5-chat-latest", false), ("gpt-4o", false), ("gpt-4.1-mini", false), ("omni-moderation", false), ("o", false),
    ])
    func families(_ model: String, _ isReasoning: Bool) {
        #expect(OpenAICompletion.isReasoningModel(model) == isReasoning)
    }

    @Test func contentInParts() throws {
        let json: JSON = [
            "choices": [["message": ["content": [["type": "text", "text": "a"], ["type": "text", "text": "b"]]]]]
        ]
        #expect(try OpenAICompletion.chatResponse(json, status: 200).text == "ab")
    }

    @Test func silenceAtTheLimitIsAnEmptyText() throws {
        let json: JSON = ["choices": [["message": ["content": .null], "finish_reason": "length"]]]
        let response = try OpenAICompletion.chatResponse(json, status: 200)
        #expect(response.text.isEmpty)
        #expect(response.finishReason == "length")
    }
}
