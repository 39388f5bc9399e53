internal import ArgumentParser
internal import Gateway
internal import JSON
internal import LanguageModels
internal import Studies

/// Where the calls go that name no study.
struct GatewayOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where models are served that calls name without a study (default: each provider's own host).", valueName: "url"))
    var baseURL: String?

    @Option(help: ArgumentHelp("The environment variable with that endpoint's key.", valueName: "name"))
    var apiKeyEnv: String?

    @Option(help: ArgumentHelp("Which model answers calls that name none, as openai/gpt-4o-mini.", valueName: "provider/model"))
    var model: String?

    @Option(help: ArgumentHelp("How long a request to it may take; one that fails is repeated.", valueName: "60s"))
    var timeout = "60s"

    /// The settings of a model that a call names.
    func settings(_ name: String) throws(Diagnostic) -> LanguageModelSettings {
        guard let timeout = Duration(parsing: timeout), timeout > .zero else {
            throw Diagnostic(JSONPath([.key("timeout")]), "must be a duration such as 60s, not \"\(timeout)\"")
        }
        // OpenAI's clients name its models without a prefix.
        let isPlain = baseURL == nil && !name.contains("/")
        return try LanguageModelSettings(
            model: isPlain ? "openai/\(name)" : name, baseURL: baseURL, timeout: timeout, apiKeyEnvironment: apiKeyEnv)
    }

    /// Refuses what no call could be made with.
    func check() throws {
        do throws(Diagnostic) { _ = try settings(model ?? "openai/any") } catch {
            let flags = ["model": "--model: ", "base_url": "--base-url: ", "api_key_env": "--api-key-env: ", "timeout": "--timeout: "]
            throw CommandFailure(.badInput, (flags[error.path.description] ?? "") + error.message)
        }
    }
}

extension GatewayServer.Address {
    /// What the user calls the address.
    static func read(_ text: String, flag: String) throws -> GatewayServer.Address {
        guard let address = GatewayServer.Address(parsing: text) else {
            throw CommandFailure(.badInput, "\(flag) must be an address such as 127.0.0.1:8400, or a port, not \"\(text)\"")
        }
        return address
    }
}
