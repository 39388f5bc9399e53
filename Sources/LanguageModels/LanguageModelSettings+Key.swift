extension LanguageModelSettings {
    /// The API key from the environment.
    ///
    /// Without `api_key_env` the provider's own variable is read, and only for the provider's own host: a key never
    /// reaches another host unless the study says so.
    package func apiKey(in environment: [String: String]) -> String? {
        guard let variable = keyVariable, let value = environment[variable] else { return nil }
        let isBlank = { (character: Character) in character.isWhitespace }
        let start = value.drop(while: isBlank)
        let key = start[..<(start.lastIndex { !isBlank($0) }.map(start.index(after:)) ?? start.startIndex)]
        return key.isEmpty ? nil : String(key)
    }

    /// What is missing before the first call, as a sentence; nil when a key is there or none is needed.
    package func checkKey(in environment: [String: String]) -> String? {
        guard isProvidersOwn, apiKey(in: environment) == nil, let variable = keyVariable else { return nil }
        return "\(provider.host) needs an API key: set the environment variable \(variable)"
    }

    /// The variable that would hold the key; nil when none is looked for.
    var keyVariable: String? { apiKeyEnvironment ?? (isProvidersOwn ? provider.keyVariable : nil) }
}
