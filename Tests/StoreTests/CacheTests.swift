import Postgres
import Store
import TestSupport
import Testing

@Suite struct CacheTests {
    private func store() async throws -> Store {
        Store(try Database(address: PostgresAddress(url: try await StoreFixture.migratedDatabase()), patience: .none))
    }

    private func key(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 64 - digits.count) + digits
    }

    private func item(_ number: Int, text: String = #"{"texts": ["é\"\\"]}"#, model: String = "openai/m", study: String = "s1")
        -> (
            record: AnswerRecord, source: AnswerSource
        )
    {
        (
            AnswerRecord(key: key(number), answer: text, promptTokens: 10, completionTokens: 2),
            AnswerSource(endpoint: "http://one/v1", model: model, role: "task", study: study)
        )
    }

    @Test func whatIsKeptIsFound() async throws {
        let store = try await store()
        try await store.keep((0..<50).map { item($0) })
        let found = try await store.cachedAnswers([key(3), key(49), key(77)])
        #expect(Set(found) == [item(3).record, item(49).record])
        #expect(try await store.cachedAnswers([]).isEmpty)
    }

    @Test func theFirstAnswerStands() async throws {
        let store = try await store()
        try await store.keep([item(1, text: "{\"texts\": [\"first\"]}")])
        try await store.keep([item(1, text: "{\"texts\": [\"second\"]}", study: "s2"), item(2)])
        #expect(try await store.cachedAnswers([key(1)]).map(\.answer) == ["{\"texts\": [\"first\"]}"])
        // Also within one call.
        try await store.keep([item(3, text: "{\"texts\": [\"a\"]}"), item(3, text: "{\"texts\": [\"b\"]}")])
        #expect(try await store.cachedAnswers([key(3)]).count == 1)
    }

    @Test func manyAtOnceKeepTheSame() async throws {
        let url = try await StoreFixture.migratedDatabase()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let store = Store(try Database(address: PostgresAddress(url: url), patience: .none))
                    for round in 0..<5 {
                        let items = (0..<100).map { item(round * 100 + $0, study: "s\($0 % 3)") }
                        try await store.keep(writer.isMultiple(of: 2) ? items : items.reversed())
                    }
                    await store.database.close()
                }
            }
            try await group.waitForAll()
        }
        let store = Store(try Database(address: PostgresAddress(url: url), patience: .none))
        #expect(try await store.cacheStatistics().map(\.answers) == [500])
    }

    @Test func statisticsAreByModel() async throws {
        let store = try await store()
        #expect(try await store.cacheStatistics().isEmpty)
        try await store.keep((0..<4).map { item($0, study: "s\($0)") } + [item(9, model: "openai/other")])
        let models = try await store.cacheStatistics()
        #expect(models.map(\.model) == ["openai/m", "openai/other"] && models.map(\.answers) == [4, 1])
        #expect(models[0].promptTokens == 40 && models[0].completionTokens == 8 && models[0].bytes > 600)
        #expect(models[0].oldest <= models[0].newest)
    }

    @Test func oldAnswersGo() async throws {
        let store = try await store()
        try await store.keep((0..<10).map { item($0) })
        _ = try await store.database.call(
            "UPDATE nightshift.answer SET written_at = now() - interval '40 days' WHERE key < $1", [.text("\\x" + key(4))])
        #expect(try await store.cleanCache(olderThan: .seconds(86400 * 30), maxSize: nil).answers == 4)
        #expect(try await store.cachedAnswers((0..<10).map(key)).count == 6)
        #expect(try await store.cleanCache(olderThan: .seconds(86400 * 30), maxSize: nil).answers == 0)
    }

    @Test func theLeastRecentlyUsedGoFirst() async throws {
        let store = try await store()
        try await store.keep((0..<10).map { item($0, model: $0 < 5 ? "openai/m" : "openai/n") })
        let size = try await store.cacheStatistics()[0].bytes / 5
        _ = try await store.database.call("UPDATE nightshift.answer SET used_on = current_date - 5")
        // A look-up counts as use.
        _ = try await store.cachedAnswers((5..<8).map(key))
        let removed = try await store.cleanCache(olderThan: nil, maxSize: 3 * size)
        #expect(removed.answers == 7 && removed.bytes == 7 * size)
        #expect(Set(try await store.cachedAnswers((0..<10).map(key)).map(\.key)) == Set((5..<8).map(key)))
        // Sources without answers go too.
        #expect(try await store.database.call("SELECT 1 FROM nightshift.answer_source").count == 1)
        #expect(try await store.cleanCache(olderThan: nil, maxSize: 0).answers == 3)
    }

    @Test func teamsDoNotSeeEachOthers() async throws {
        let store = try await store()
        try await store.keep([item(1)])
        for statement in [
            "INSERT INTO nightshift.team (name) VALUES ('other')",
            "INSERT INTO nightshift.member SELECT session_user, team_id FROM nightshift.team WHERE name = 'other'",
        ] { _ = try await store.database.call(statement) }
        #expect(try await store.cachedAnswers([key(1)]).isEmpty)
        #expect(try await store.cacheStatistics().isEmpty)
        try await store.keep([item(1, text: "{\"texts\": [\"ours\"]}")])
        #expect(try await store.cachedAnswers([key(1)]).map(\.answer) == ["{\"texts\": [\"ours\"]}"])
    }
}
