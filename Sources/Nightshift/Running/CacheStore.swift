internal import JSON
internal import LanguageModels
internal import Store

/// The team's cache in its database, as the LM stack sees it.
///
/// It has a connection of its own: neither leases nor reports wait behind it. A database that is away or slow is given up
/// after a while: the calls go on without the cache.
struct CacheStore: AnswerArchive {
    private let store: Store

    private static let patience = Duration.seconds(5)

    /// - Parameter store: names the database; its connection is not used.
    init(_ store: Store) { self.store = Store(Database(address: store.database.address, patience: .none)) }

    func answers(to keys: [CallKey]) async throws -> [CallKey: CachedAnswer] {
        let records = try await limited { store in try await store.cachedAnswers(keys.map(\.text)) }
        var answers: [CallKey: CachedAnswer] = [:]
        for record in records {
            // What another version wrote in a form that this one does not know is no answer.
            guard let key = CallKey(text: record.key), let answer = CachedAnswer(record) else { continue }
            answers[key] = answer
        }
        return answers
    }

    func keep(_ answers: [ArchivedAnswer]) async throws {
        let records = answers.map { item in
            (
                record: AnswerRecord(
                    key: item.key.text, answer: item.answer.json.serialized(), promptTokens: item.answer.promptTokens,
                    completionTokens: item.answer.completionTokens),
                source: AnswerSource(
                    endpoint: item.endpoint, model: item.model, role: item.origin.role.rawValue, study: item.origin.study ?? "")
            )
        }
        try await limited { store in try await store.keep(records) }
    }

    private func limited<Value: Sendable>(_ call: @escaping @Sendable (Store) async throws -> Value) async throws -> Value {
        let task = Task { [store] in try await call(store) }
        let alarm = Task {
            try await Task.sleep(for: Self.patience)
            task.cancel()
        }
        defer { alarm.cancel() }
        return try await task.value
    }
}

extension CachedAnswer {
    /// Text is kept to the byte: PostgreSQL stores no NUL, but its escape.
    fileprivate var json: JSON {
        var members: JSONObject = ["texts": .array(texts.map(JSON.string))]
        members["finish_reason"] = finishReason.map(JSON.string)
        return .object(members)
    }

    fileprivate init?(_ record: AnswerRecord) {
        guard let json = try? JSON(parsing: record.answer), let texts = json["texts"]?.arrayValue?.compactMap(\.stringValue),
            !texts.isEmpty
        else { return nil }
        self.init(
            texts: texts, finishReason: json["finish_reason"]?.stringValue, promptTokens: record.promptTokens,
            completionTokens: record.completionTokens)
    }
}
