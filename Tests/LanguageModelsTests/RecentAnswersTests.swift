import Testing

@testable import LanguageModels

@Suite struct RecentAnswersTests {
    private func key(_ number: Int) throws -> CallKey {
        try #require(CallKey(text: String(repeating: "0", count: 60) + String(1000 + number)))
    }
    private let answer = CachedAnswer(texts: [String(repeating: "x", count: 1000)], promptTokens: 3)

    @Test func theLeastRecentlyUsedGoFirst() throws {
        var answers = RecentAnswers(limit: 5 * answer.bytes)
        for number in 0..<5 { answers.remember(answer, for: try key(number)) }
        #expect(answers.count == 5)
        #expect(try answers.answer(to: key(0)) == answer)
        for number in 5..<8 { answers.remember(answer, for: try key(number)) }
        #expect(answers.bytes <= 5 * answer.bytes)
        #expect(try (0..<8).filter { try answers.answer(to: key($0)) != nil } == [0, 4, 5, 6, 7])
    }

    @Test func whatIsTooLargeIsNotKept() throws {
        var answers = RecentAnswers(limit: 1000)
        answers.remember(answer, for: try key(1))
        #expect(answers.count == 0)
        #expect(answers.bytes == 0)
    }

    @Test func replacingCountsOnce() throws {
        var answers = RecentAnswers(limit: 1 << 20)
        for _ in 0..<1000 { answers.remember(answer, for: try key(1)) }
        #expect(answers.count == 1)
        #expect(answers.bytes < 2000)
    }

    @Test func agreesWithAPlainList() throws {
        var answers = RecentAnswers(limit: 12 * answer.bytes)
        var list: [Int] = []
        var state: UInt64 = 1
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = Int(state >> 33) % 30
            let known = answers.answer(to: try key(number)) != nil
            #expect(known == list.contains(number))
            list.removeAll { $0 == number }
            list.append(number)
            if !known { answers.remember(answer, for: try key(number)) }
            if list.count > answers.count { list.removeFirst() }
            #expect(list.count == answers.count)
            #expect(answers.bytes <= answers.limit)
        }
    }
}
