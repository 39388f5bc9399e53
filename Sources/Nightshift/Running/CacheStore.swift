internal import JSON
internal import LanguageModels
internal import Postgres
internal import Store

extension Store {
    /// One connection for all that LM calls ask of a database: cache, limits, budgets. Neither leases nor reports wait behind it, and
    /// a database that is away or slow is given up after a while: the calls go on without it. Twice the limit is below the 15 s
    /// after which the ledger settles a process that says nothing.
    static func forCalls(at address: PostgresAddress) -> Store {
        Store(Database(address: address, patience: .none, answerLimit: .seconds(7)))
    }
}

/// The team's cache in its database, as the LM stack sees it.
struct CacheStore: AnswerArchive {
    private let store: Store

    /// - Parameter store: see ``Store/forCalls(at:)``.
    init(_ store: Store) { self.store = store }

    func answers(to keys: [CallKey]) async throws -> [CallKey: CachedAnswer] {
        let records = try await refusing { () throws(StoreError) in try await store.cachedAnswers(keys.map(\.text)) }
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
        try await refusing { () throws(StoreError) in try await store.keep(records) }
    }

    /// What the database itself says no to, it would say no to again.
    private func refusing<Value>(_ body: () async throws(StoreError) -> Value) async throws -> Value {
        do throws(StoreError) { return try await body() } catch {
            guard error.code != .unreachable, error.code != .cancelled else { throw error }
            throw ArchiveRefusal(isOfSome: error.code == .invalidData, message: error.message)
        }
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
