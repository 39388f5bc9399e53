internal import ArgumentParser
internal import Foundation
internal import JSON
internal import LanguageModels
internal import Programs

/// Which embedding model a command calls, if any.
struct EmbeddingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("An embedding model, as openai/text-embedding-3-small.", valueName: "provider/model"))
    var embed: String?

    @Option(help: "Where the embedding model is served, if not by its provider.")
    var baseURL: String?

    @Option(help: ArgumentHelp("The environment variable with the embedding model's key.", valueName: "name"))
    var apiKeyEnv: String?

    /// The model and its name as the endpoint knows it; nil where none is wanted.
    func model() throws -> (model: any EmbeddingModel, name: String)? {
        guard let embed else {
            guard baseURL == nil, apiKeyEnv == nil else {
                throw CommandFailure(
                    .badInput, "--base-url and --api-key-env say where a model is: name it with --embed provider/model")
            }
            return nil
        }
        do throws(Diagnostic) {
            let settings = try LanguageModelSettings(model: embed, baseURL: baseURL, apiKeyEnvironment: apiKeyEnv)
            let model = try embeddingModel(settings)
            if let problem = settings.checkKey(in: ProcessInfo.processInfo.environment) { throw Diagnostic(JSONPath(), problem) }
            return (model, settings.model)
        } catch {
            let flags = ["model": "--embed: ", "base_url": "--base-url: ", "api_key_env": "--api-key-env: "]
            throw CommandFailure(.badInput, (flags[error.path.description] ?? "") + error.message)
        }
    }
}
