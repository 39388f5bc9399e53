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
            ("anthropic/claude-sonnet-4-5", nil, "model", "no provider \"anthropic\""),
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
}
