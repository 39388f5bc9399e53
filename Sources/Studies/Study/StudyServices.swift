package import JSON
package import Programs
package import Retrieval
package import Tools

/// What a study gives its program beside language models: retrievers, tools, leave to run code.
package struct StudyServices: Sendable, Hashable {
    package var retrievers: [String: RetrieverSpec] = [:]
    package var tools: [String: ToolSpec] = [:]
    /// Whether the program may run code that a model wrote, in a sandbox.
    package var runsCode = false

    package init() {}

    package var isEmpty: Bool { self == StudyServices() }

    /// Whether a retriever embeds queries, for which the study needs `lm.embedding`.
    package var needsEmbeddingModel: Bool { retrievers.values.contains(where: \.needsEmbeddingModel) }

    /// Whether a retriever searches the team's database.
    package var needsDatabase: Bool { retrievers.values.contains { $0.kind == .postgres } }

    package var toolDescriptions: [ToolDescription] {
        tools.sorted { $0.key < $1.key }.map {
            ToolDescription(name: $0.key, description: $0.value.description, parameters: $0.value.parameters)
        }
    }

    /// The names that retrievers give to corpora of the team's database, which are not yet hashes.
    package var corpusNames: [String] {
        Set(retrievers.values.compactMap { if case .named(let name) = $0.corpus { name } else { nil } }).sorted()
    }

    /// Corpora by what they hold instead of by name: a name may mean another corpus tomorrow.
    package mutating func settle(corpora hashes: [String: String]) {
        for (key, spec) in retrievers {
            if case .named(let name) = spec.corpus, let hash = hashes[name] { retrievers[key]?.corpus = .content(sha256: hash) }
        }
    }

    package var json: JSON {
        func sorted<Value>(_ values: [String: Value], _ json: (Value) -> JSON) -> JSON {
            .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) }))
        }
        var object = JSONObject()
        if !retrievers.isEmpty { object["retrievers"] = sorted(retrievers, \.json) }
        if !tools.isEmpty { object["tools"] = sorted(tools, \.json) }
        if runsCode { object["code_execution"] = true }
        return .object(object)
    }

    init(json: JSON, at path: JSONPath) throws(Diagnostic) {
        runsCode = json["code_execution"]?.boolValue ?? false
        do {
            for (name, value) in json["retrievers"]?.objectValue ?? [:] { retrievers[name] = try RetrieverSpec(json: value) }
            for (name, value) in json["tools"]?.objectValue ?? [:] { tools[name] = try ToolSpec(json: value) }
        } catch {
            throw Diagnostic(path, "\(error)")
        }
    }
}
