import JSON
import Programs
import Testing

@testable import LanguageModels

@Suite struct OpenAICompletionTests {
    private func body(_ model: String, _ request: ChatRequest) throws -> JSON {
        let isReasoning = OpenAICompletion.isReasoningModel(String(model.dropFirst("openai/".count)))
        let settings = try LanguageModelSettings(
            model: model, temperature: isReasoning ? 1 : 0.5, maxTokens: isReasoning ? 16000 : 100)
        return OpenAICompletion.body(of: request, request.responseFormat, settings)
    }

    @Test func openAIsOwnNameForTheLimit() throws {
        let body = try body("openai/gpt-4o-mini", hello)
        #expect(body["max_completion_tokens"] == 100)
        #expect(body["max_tokens"] == nil)
        #expect(body["temperature"] == 0.5)
    }

    @Test func reasoningModelsTakeNoTemperature() throws {
        var request = hello
        (request.temperature, request.stop, request.rollout) = (0.7, ["END"], 7)
        let body = try body("openai/o4-mini", request)
        #expect(body["temperature"] == nil)
        #expect(body["stop"] == nil)
        #expect(body["seed"] == 7)
        #expect(body["max_completion_tokens"] == 16000)
    }

    @Test func endsWhereTheSettingsOrTheRequestSay() throws {
        var settings = try LanguageModelSettings(model: "openai/gpt-4o-mini")
        settings.stop = ["END"]
        var request = hello
        #expect(OpenAICompletion.body(of: request, nil, settings)["stop"] == ["END"])
        #expect(AnthropicMessage.body(of: request, settings, takesTemperature: true)["stop_sequences"] == ["END"])
        request.stop = ["."]
        #expect(OpenAICompletion.body(of: request, nil, settings)["stop"] == ["."])
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

    @Test func formsOfAnswers() throws {
        var request = hello
        #expect(try body("openai/m", request)["response_format"] == nil)
        request.responseFormat = .jsonObject
        #expect(try body("openai/m", request)["response_format"]?.serialized() == #"{"type":"json_object"}"#)
        request.responseFormat = .jsonSchema(name: "answer", schema: ["type": "object"])
        #expect(
            try body("openai/m", request)["response_format"]?.serialized()
                == #"{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"},"strict":true}}"#)
    }

    @Test func severalAnswers() throws {
        var request = hello
        #expect(try body("openai/m", request)["n"] == nil)
        request.count = 3
        #expect(try body("openai/m", request)["n"] == 3)
    }

    @Test func aRetryHasASeedOfItsOwn() throws {
        var request = hello
        (request.rollout, request.retry) = (7, 1)
        let seed = try #require(try body("openai/m", request)["seed"]?.intValue)
        #expect(seed != 7)
        #expect(seed >= 0)
    }

    private func choice(_ text: String, _ finish: String = "stop") -> JSON {
        ["message": ["content": .string(text)], "finish_reason": .string(finish)]
    }

    @Test func choicesAreAlternatives() throws {
        let usage: JSON = ["prompt_tokens": 5, "completion_tokens": 9]
        let json: JSON = [
            "choices": [choice("", "content_filter"), choice("a", "length"), ["message": .null], choice("b"), choice("")],
            "usage": usage,
        ]
        let response = try OpenAICompletion.chatResponse(json, status: 200, paid: Usage(attempts: 2))
        #expect(
            response
                == ChatResponse(
                    text: "a", alternatives: ["b", ""], finishReason: "length",
                    usage: Usage(calls: 1, attempts: 3, promptTokens: 5, completionTokens: 9)))
    }

    @Test func allChoicesFilteredIsAnError() throws {
        let json: JSON = ["choices": [choice("", "content_filter"), choice("x", "content_filter")]]
        let error = #expect(throws: LanguageModelError.self) { _ = try OpenAICompletion.chatResponse(json, status: 200) }
        #expect(error?.kind == .contentFilter)
        #expect(error?.usage == Usage(calls: 1, attempts: 1))
    }
}
