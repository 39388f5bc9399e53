internal import JSON
internal import Programs

extension StudyResolver {
    private static let modelKeys =
        [
            "model", "base_url", "temperature", "max_tokens", "timeout", "api_key_env", "response_format", "stop", "cache", "hedge",
        ] + limitKeys
    /// What a user allows of a model's calls, whatever they are for.
    private static let limitKeys = ["requests_per_minute", "tokens_per_minute", "concurrency"]
    /// Embeddings are no answers: nothing says how to write them.
    private static let embeddingKeys = ["model", "base_url", "timeout", "api_key_env", "cache"] + limitKeys

    mutating func resolveModels(_ check: (ModelSpec, Role) throws(Diagnostic) -> Void) -> StudyModels? {
        let path = JSONPath([.key("lm")])
        guard let value = file.root["lm"], !value.isNull else {
            refuse(path, "is missing; write 'lm: {task: {model: openai/NAME}}'")
            return nil
        }
        var section = Section(value, at: path, keys: Role.allCases.map(\.rawValue))
        if value.objectValue != nil, section["task"] == nil {
            section.refuse("task", "is missing; the program's model is required, such as 'task: {model: openai/NAME}'")
        }
        take(section)
        var models: [Role: ModelSpec] = [:]
        for role in Role.allCases {
            if let value = section[role.rawValue] { models[role] = model(role, value, at: path.appending(role.rawValue), check) }
        }
        return models[.task].map {
            StudyModels(
                task: $0, prompt: models[.prompt], teacher: models[.teacher], judge: models[.judge],
                embedding: models[.embedding])
        }
    }

    private mutating func model(
        _ role: Role, _ value: JSON, at path: JSONPath, _ check: (ModelSpec, Role) throws(Diagnostic) -> Void
    ) -> ModelSpec? {
        let keys = role == .embedding ? Self.embeddingKeys : role == .task ? Self.modelKeys + ["example_deadline"] : Self.modelKeys
        var section = Section(value, at: path, keys: keys)
        defer { take(section) }
        let name = section.string("model")
        if value.objectValue != nil, section["model"] == nil {
            section.refuse("model", "is missing; write provider/model, such as openai/gpt-4o-mini")
        }
        var spec = ModelSpec(model: name ?? "")
        spec.baseURL = section.string("base_url")
        spec.temperature = section.double("temperature", in: 0...2)
        spec.maxTokens = section.int("max_tokens", atLeast: 1)
        spec.timeout = section.duration("timeout") ?? ModelSpec.defaultTimeout
        if role == .task { spec.exampleDeadline = section.duration("example_deadline") }
        spec.apiKeyEnvironment = section.string("api_key_env")
        spec.responseFormat = section.string("response_format")
        spec.stop = section.strings("stop") ?? []
        spec.requestsPerMinute = section.double("requests_per_minute", in: 0.1...1e9)
        spec.tokensPerMinute = section.double("tokens_per_minute", in: 1...1e12)
        spec.concurrency = section.int("concurrency", atLeast: 1)
        spec.usesCache = section.bool("cache") ?? true
        spec.hedges = section.bool("hedge") ?? false
        if let name, spec.baseURL == nil, !name.contains("/") {
            section.refuse("model", "'\(name)' names no provider; write openai/\(name), or give base_url")
        }
        guard section.findings.isEmpty else { return nil }
        do {
            try check(spec, role)
        } catch {
            section.add([Diagnostic(JSONPath(path.steps + error.path.steps), error.message)])
        }
        return spec
    }
}
