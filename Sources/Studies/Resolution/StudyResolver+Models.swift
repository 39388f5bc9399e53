internal import JSON

extension StudyResolver {
    private static let roles = ["task", "prompt", "teacher", "judge", "embedding"]
    private static let modelKeys = ["model", "base_url", "temperature", "max_tokens", "timeout", "api_key_env", "response_format"]

    mutating func resolveModels(_ check: (ModelSpec) throws(Diagnostic) -> Void) -> StudyModels? {
        let path = JSONPath([.key("lm")])
        guard let value = file.root["lm"], !value.isNull else {
            refuse(path, "is missing; write 'lm: {task: {model: openai/NAME}}'")
            return nil
        }
        var section = Section(value, at: path, keys: Self.roles)
        if value.objectValue != nil, section["task"] == nil {
            section.refuse("task", "is missing; the program's model is required, such as 'task: {model: openai/NAME}'")
        }
        take(section)
        var models: [String: ModelSpec] = [:]
        for role in Self.roles {
            if let value = section[role] { models[role] = model(value, at: path.appending(role), check) }
        }
        return models["task"].map {
            StudyModels(task: $0, prompt: models["prompt"], teacher: models["teacher"], judge: models["judge"],
                embedding: models["embedding"])
        }
    }

    private mutating func model(
        _ value: JSON, at path: JSONPath, _ check: (ModelSpec) throws(Diagnostic) -> Void
    ) -> ModelSpec? {
        var section = Section(value, at: path, keys: Self.modelKeys)
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
        spec.apiKeyEnvironment = section.string("api_key_env")
        spec.responseFormat = section.string("response_format")
        if let name, spec.baseURL == nil, !name.contains("/") {
            section.refuse("model", "'\(name)' names no provider; write openai/\(name), or give base_url")
        }
        guard section.findings.isEmpty else { return nil }
        do {
            try check(spec)
        } catch {
            section.add([Diagnostic(JSONPath(path.steps + error.path.steps), error.message)])
        }
        return spec
    }
}
