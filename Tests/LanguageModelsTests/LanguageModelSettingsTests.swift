import JSON
import LanguageModels
import Testing

@Suite struct LanguageModelSettingsTests {
    @Test func openAIIsTheDefaultHost() throws {
        let settings = try LanguageModelSettings(model: "openai/gpt-4o-mini")
        #expect(settings.provider == .openai)
        #expect(settings.model == "gpt-4o-mini")
        #expect(settings.baseURL == "https://api.openai.com/v1")
        #expect(settings.isProvidersOwn)
        #expect(settings.timeout == .seconds(60))
        #expect(settings.maxAttempts == 5)
    }

    @Test(arguments: [
        ("openai/gpt-4o-mini", "gpt-4o-mini"), ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B"), ("qwen", "qwen"),
        ("openai/openai/gpt-oss-20b", "openai/gpt-oss-20b"),
    ])
    func namesAtServersOfTheirOwn(_ name: String, _ sent: String) throws {
        let settings = try LanguageModelSettings(model: name, baseURL: "http://127.0.0.1:8000/v1/")
        #expect(settings.model == sent)
        #expect(settings.baseURL == "http://127.0.0.1:8000/v1")
        #expect(!settings.isProvidersOwn)
    }

    @Test func thePortDoesNotHideTheProvidersHost() throws {
        let settings = try LanguageModelSettings(model: "openai/x", baseURL: "https://API.openai.com:443/v1")
        #expect(settings.isProvidersOwn)
        #expect(try !LanguageModelSettings(model: "openai/x", baseURL: "https://api.openai.com.example.org/v1").isProvidersOwn)
        #expect(try !LanguageModelSettings(model: "openai/x", baseURL: "http://[::1]:8000/v1").isProvidersOwn)
    }

    @Test(
        arguments: [
            ("gpt-4o", nil, "model", "openai/gpt-4o"),
            ("mistral/mistral-small", nil, "model", "no provider \"mistral\" (known: openai, anthropic)"),
            ("anthropic/", nil, "model", "names no model"),
            ("anthropic/x", "http://api.anthropic.com/v1", "base_url", "https://"),
            ("anthropic/x", "http://localhost/v1/messages/", "base_url", "leave that out"),
            ("openai/x", "http://localhost/v1/embeddings", "base_url", "leave that out"),
            ("openai/", nil, "model", "names no model"),
            ("", "http://localhost", "model", "empty"),
            ("openai/x", "localhost:8000", "base_url", "http://"),
            ("openai/x", "ftp://localhost", "base_url", "http://"),
            ("openai/x", "http://", "base_url", "no host"),
            ("openai/x", "http://:80/v1", "base_url", "no host"),
            ("openai/x", "http://localhost:99999/v1", "base_url", "port"),
            ("openai/x", "http://localhost/v1?key=1", "base_url", "query"),
            ("openai/x", "http://me:hunter2@localhost/v1", "base_url", "password"),
            ("openai/x", "http://localhost/v1/chat/completions", "base_url", "leave that out"),
            ("openai/x", "http://api.openai.com/v1", "base_url", "https://"),
        ] as [(String, String?, String, String)])
    func refusals(_ model: String, _ baseURL: String?, _ key: String, _ text: String) throws {
        let error = #expect(throws: Diagnostic.self) { _ = try LanguageModelSettings(model: model, baseURL: baseURL) }
        #expect(error?.path.description == key)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("hunter2") != true)
    }

    @Test func numbersAreChecked() throws {
        for (key, make) in [
            ("temperature", { try LanguageModelSettings(model: "openai/x", temperature: 2.5) }),
            ("temperature", { try LanguageModelSettings(model: "openai/x", temperature: .nan) }),
            ("max_tokens", { try LanguageModelSettings(model: "openai/x", maxTokens: 0) }),
            ("timeout", { try LanguageModelSettings(model: "openai/x", timeout: .zero) }),
            ("api_key_env", { try LanguageModelSettings(model: "openai/x", apiKeyEnvironment: "") }),
        ] as [(String, () throws -> LanguageModelSettings)] {
            let error = #expect(throws: Diagnostic.self) { _ = try make() }
            #expect(error?.path.description == key)
        }
    }

    @Test func keysComeFromTheEnvironment() throws {
        let environment = ["OPENAI_API_KEY": " sk-1\n", "MY_KEY": "sk-2", "EMPTY": " "]
        let own = try LanguageModelSettings(model: "openai/x")
        #expect(own.apiKey(in: environment) == "sk-1")
        #expect(own.checkKey(in: environment) == nil)
        #expect(own.checkKey(in: [:])?.contains("OPENAI_API_KEY") == true)
        let named = try LanguageModelSettings(model: "openai/x", apiKeyEnvironment: "MY_KEY")
        #expect(named.apiKey(in: environment) == "sk-2")
        let empty = try LanguageModelSettings(model: "openai/x", apiKeyEnvironment: "EMPTY")
        #expect(empty.apiKey(in: environment) == nil)
        #expect(empty.checkKey(in: environment)?.contains("EMPTY") == true)
    }

    @Test func foreignHostsGetOnlyAKeyMeantForThem() throws {
        let environment = ["OPENAI_API_KEY": "sk-1", "MY_KEY": "sk-2"]
        let foreign = try LanguageModelSettings(model: "openai/x", baseURL: "http://localhost:1/v1")
        #expect(foreign.apiKey(in: environment) == nil)
        #expect(foreign.checkKey(in: [:]) == nil)
        let meant = try LanguageModelSettings(model: "openai/x", baseURL: "http://localhost:1/v1", apiKeyEnvironment: "MY_KEY")
        #expect(meant.apiKey(in: environment) == "sk-2")
    }

    @Test func anthropic() throws {
        let own = try LanguageModelSettings(model: "anthropic/claude-sonnet-4-5")
        #expect(own.provider == .anthropic)
        #expect(own.model == "claude-sonnet-4-5")
        #expect(own.baseURL == "https://api.anthropic.com/v1")
        #expect(own.apiKey(in: ["ANTHROPIC_API_KEY": "sk-a", "OPENAI_API_KEY": "sk-o"]) == "sk-a")
        #expect(own.checkKey(in: ["OPENAI_API_KEY": "sk-o"])?.contains("ANTHROPIC_API_KEY") == true)
        let foreign = try LanguageModelSettings(model: "anthropic/m", baseURL: "http://localhost:1/v1")
        #expect(foreign.provider == .anthropic)
        #expect(foreign.apiKey(in: ["ANTHROPIC_API_KEY": "sk-a"]) == nil)
        let error = #expect(throws: Diagnostic.self) {
            _ = try LanguageModelSettings(model: "anthropic/m", responseFormat: .jsonSchema)
        }
        #expect(error?.path.description == "response_format")
    }

    @Test(arguments: ["openai/o4-mini", "openai/gpt-5-nano", "openai/gpt-5.1"])
    func reasoningModelsHaveRulesOfTheirOwn(_ model: String) throws {
        _ = try LanguageModelSettings(model: model)
        _ = try LanguageModelSettings(model: model, temperature: 1, maxTokens: 16000)
        for temperature in [0, 0.7] {
            let error = #expect(throws: Diagnostic.self) {
                _ = try LanguageModelSettings(model: model, temperature: temperature)
            }
            #expect(error?.path.description == "temperature")
        }
        let error = #expect(throws: Diagnostic.self) { _ = try LanguageModelSettings(model: model, maxTokens: 15999) }
        #expect(error?.path.description == "max_tokens")
        #expect(error?.message.contains("16000") == true)
        // What another server makes of such a name is not known.
        _ = try LanguageModelSettings(model: model, baseURL: "http://localhost:1/v1", temperature: 0, maxTokens: 5)
    }

    @Test func namesOfFormats() throws {
        #expect(try ResponseFormatPolicy(named: "json_object") == .jsonObject)
        let error = #expect(throws: Diagnostic.self) { _ = try ResponseFormatPolicy(named: "json_shema") }
        #expect(error?.description.contains("response_format: must be one of auto, json_schema") == true)
        #expect(error?.description.contains("did you mean json_schema?") == true)
    }
}
