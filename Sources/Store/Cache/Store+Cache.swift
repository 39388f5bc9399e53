internal import Postgres

/// The team's cache of LM answers.
extension Store {
    /// Those of the answers that are there, in any order.
    package func cachedAnswers(_ keys: [String]) async throws(StoreError) -> [AnswerRecord] {
        let rows = try await call("SELECT * FROM nightshift.cache_find($1)", .hexArray(keys))
        return try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                AnswerRecord(
                    key: try row.text("key"), answer: try row.text("answer"), promptTokens: try row.int("prompt_tokens"),
                    completionTokens: try row.int("completion_tokens"))
            }
        }
    }

    /// Keeps answers; the first one of a key stands.
    package func keep(_ answers: [(record: AnswerRecord, source: AnswerSource)]) async throws(StoreError) {
        func texts(_ value: ((record: AnswerRecord, source: AnswerSource)) -> String) -> PostgresValue {
            .textArray(answers.map(value))
        }
        _ = try await call(
            "SELECT nightshift.cache_keep($1, $2, $3, $4, $5, $6, $7, $8)", .hexArray(answers.map(\.record.key)),
            texts(\.record.answer), .intArray(answers.map(\.record.promptTokens)),
            .intArray(answers.map(\.record.completionTokens)), texts(\.source.endpoint), texts(\.source.model),
            texts(\.source.role), texts(\.source.study))
    }

    /// By model, the largest first.
    package func cacheStatistics() async throws(StoreError) -> [CacheStatistics] {
        let rows = try await call("SELECT * FROM nightshift.cache_stats()")
        return try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                CacheStatistics(
                    endpoint: try row.text("endpoint"), model: try row.text("model"), answers: try row.int("answers"),
                    bytes: try row.int("bytes"), promptTokens: try row.int("prompt_tokens"),
                    completionTokens: try row.int("completion_tokens"), oldest: try row.moment("oldest"),
                    newest: try row.moment("newest"))
            }
        }
    }

    /// Removes answers that were written longer ago than `age`, then the least recently used beyond `size` bytes.
    package func cleanCache(olderThan age: Duration?, maxSize size: Int?) async throws(StoreError) -> (answers: Int, bytes: Int) {
        let row = try await one(
            "SELECT * FROM nightshift.cache_gc($1, $2)", age.map(PostgresValue.seconds) ?? .null, .int(size))
        return try decoded { () throws(PostgresError) in (try row.int("answers"), try row.int("bytes")) }
    }
}

extension PostgresValue {
    /// For `bytea[]`.
    fileprivate static func hexArray(_ values: [String]) -> PostgresValue { .textArray(values.map { "\\x" + $0 }) }
}
