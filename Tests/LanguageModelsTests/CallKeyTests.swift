import JSON
import LanguageModels
import Programs
import Testing

@Suite struct CallKeyTests {
    private func settings(_ change: (inout LanguageModelSettings) -> Void = { _ in }) throws -> LanguageModelSettings {
        var settings = try LanguageModelSettings(model: "openai/m", baseURL: "http://one/v1", temperature: 0.5, maxTokens: 10)
        change(&settings)
        return settings
    }

    private func request(_ change: (inout ChatRequest) -> Void = { _ in }) -> ChatRequest {
        var request = ChatRequest(messages: [ChatMessage(role: .system, content: "s"), ChatMessage(role: .user, content: "u")])
        change(&request)
        return request
    }

    @Test func theTextReadsBack() throws {
        let key = try CallKey(request(), settings())
        #expect(key.text.count == 64 && CallKey(text: key.text) == key)
        #expect(CallKey(text: "abc") == nil && CallKey(text: String(repeating: "x", count: 64)) == nil)
    }

    /// Answers of a team stay usable: the key of a call is the same in every process and version.
    @Test func theKeyIsFixed() throws {
        let key = try CallKey(request { ($0.rollout, $0.retry) = (7, 1) }, settings())
        #expect(key.text == "7594956dcbe9d307387852680e8eba6157cc97ead79324690c9dcbe8b53e62b0")
        let embedding = CallKey(embedding: "text", try settings())
        #expect(embedding.text == "d94f953cdbace1ae7d0db3dfa09a8f53cfba01e8a134a3e3bb8df6ec2687475c")
    }

    /// A trap of others: two servers with one model's name are two models.
    @Test func whatTellsCallsApart() throws {
        let settingsOfOthers = try [
            settings(), settings { $0.temperature = nil }, settings { $0.temperature = 1 }, settings { $0.maxTokens = 11 },
            settings { $0.stop = ["."] },
            LanguageModelSettings(model: "openai/m", baseURL: "http://two/v1", temperature: 0.5, maxTokens: 10),
            LanguageModelSettings(model: "openai/n", baseURL: "http://one/v1", temperature: 0.5, maxTokens: 10),
            LanguageModelSettings(model: "anthropic/m", baseURL: "http://one/v1", temperature: 0.5, maxTokens: 10),
        ]
        let requests = [
            request { $0.rollout = 1 }, request { $0.rollout = 2 }, request { $0.retry = 1 }, request { $0.count = 2 },
            request { $0.responseFormat = .jsonObject },
            request { $0.responseFormat = .jsonSchema(name: "a", schema: ["type": "object"]) },
            request { $0.responseFormat = .jsonSchema(name: "a", schema: ["type": "array"]) },
            request { $0.stop = ["a", "b"] }, request { $0.stop = ["ab"] }, request { $0.messages[0].content = "su" },
            request { $0.messages.removeLast() }, request { $0.messages.swapAt(0, 1) }, request { $0.model = "own" },
        ]
        var keys = Set<CallKey>()
        for settings in settingsOfOthers { keys.insert(try CallKey(request(), settings)) }
        for request in requests { keys.insert(try CallKey(request, settings())) }
        #expect(keys.count == settingsOfOthers.count + requests.count)
    }

    @Test func whatDoesNot() throws {
        let key = try CallKey(request(), settings())
        #expect(try CallKey(request { $0.temperature = 0.5 }, settings()) == key)
        #expect(try CallKey(request { $0.maxTokens = 10 }, settings()) == key)
        #expect(try CallKey(request(), settings { $0.apiKeyEnvironment = "MY_KEY" }) == key)
        #expect(try CallKey(request(), settings { $0.timeout = .seconds(1) }) == key)
        #expect(try CallKey(request { $0.model = "openai/m" }, settings()) == key)
        // At temperature 0 all rollouts are one.
        let cold = try settings { $0.temperature = 0 }
        #expect(try CallKey(request { $0.rollout = 1 }, cold) == CallKey(request { $0.rollout = 2 }, cold))
    }
}
