import Programs
import Synchronization
import Testing

@testable import LanguageModels

/// An archive in memory that counts its round trips, and fails when it is told to.
private final class ArchiveInMemory: AnswerArchive {
    struct State {
        var answers: [CallKey: ArchivedAnswer] = [:]
        var questions: [Int] = []
        var writes: [Int] = []
        var isAway = false
        /// Takes no answer whose text is this.
        var refused: String?
        /// Takes nothing, whatever it is.
        var refusesAll = false
        /// Stands still: questions are not answered.
        var stands = false
        /// Questions that have come, answered or not.
        var asked = 0
    }
    struct Away: Error {}

    let state = Mutex(State())

    func answers(to keys: [CallKey]) async throws -> [CallKey: CachedAnswer] {
        state.withLock { $0.asked += 1 }
        // Long enough for others to come meanwhile.
        try await Task.sleep(for: .milliseconds(30))
        while state.withLock({ $0.stands }) { try await Task.sleep(for: .milliseconds(5)) }
        return try state.withLock { state in
            state.questions.append(keys.count)
            if state.isAway { throw Away() }
            if state.refusesAll { throw ArchiveRefusal(isOfSome: false, message: "no") }
            return state.answers.filter { keys.contains($0.key) }.mapValues(\.answer)
        }
    }

    func keep(_ answers: [ArchivedAnswer]) async throws {
        try state.withLock { state in
            if state.isAway { throw Away() }
            state.writes.append(answers.count)
            if state.refusesAll { throw ArchiveRefusal(isOfSome: false, message: "no") }
            if answers.contains(where: { $0.answer.texts[0] == state.refused }) {
                throw ArchiveRefusal(isOfSome: true, message: "no")
            }
            for answer in answers where state.answers[answer.key] == nil { state.answers[answer.key] = answer }
        }
    }
}

private final class CountingModel: LanguageModel, EmbeddingModel {
    let asked = Mutex<[String]>([])
    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        asked.withLock { $0.append(request.messages[0].content) }
        return ChatResponse(
            text: "an answer", alternatives: ["b"], finishReason: "stop",
            usage: Usage(calls: 1, attempts: 1, promptTokens: 5, completionTokens: 2))
    }

    func embed(_ texts: [String]) async throws(LanguageModelError) -> EmbeddingResponse {
        asked.withLock { $0 += texts }
        return EmbeddingResponse(
            vectors: texts.map { [Float($0.utf8.count), .pi, -0.0] },
            usage: Usage(calls: 1, attempts: 1, promptTokens: texts.count))
    }
}

/// Fails when it is told to.
private final class FailingModel: LanguageModel {
    let asked = Mutex(0)
    private let kind: LanguageModelError.Kind
    private let (signal, sink) = AsyncStream<Void>.makeStream()

    init(_ kind: LanguageModelError.Kind) { self.kind = kind }

    func fail() { sink.finish() }

    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        asked.withLock { $0 += 1 }
        for await _ in signal {}
        throw LanguageModelError(kind, "no")
    }
}

@Suite struct AnswerCacheTests {
    private let archive = ArchiveInMemory()

    /// What another process, with a memory of its own, would see.
    private func model(
        _ model: CountingModel, patience: Duration = .seconds(20), log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> (chat: CachingModel, embeddings: CachingEmbeddings, cache: AnswerCache) {
        let settings = try LanguageModelSettings(model: "openai/m", baseURL: "http://one/v1", temperature: 0)
        let cache = AnswerCache(archive: archive, patience: patience, log: log)
        let origin = CallOrigin(study: "s1", role: .teacher)
        return (
            CachingModel(model, settings, cache: cache, origin: origin),
            CachingEmbeddings(model, settings, cache: cache, origin: origin), cache
        )
    }

    private func question(_ text: String) -> ChatRequest { ChatRequest(messages: [ChatMessage(role: .user, content: text)]) }

    @Test func anotherProcessAsksNothing() async throws {
        let first = CountingModel()
        let second = CountingModel()
        let (one, _, cache) = try model(first)
        for text in ["a", "b"] { #expect(try await one.complete(question(text)).usage.calls == 1) }
        await cache.flush()
        let kept = archive.state.withLock { Array($0.answers.values) }
        #expect(kept.count == 2 && kept.allSatisfy { $0.origin == CallOrigin(study: "s1", role: .teacher) })
        #expect(kept.allSatisfy { $0.model == "openai/m" && $0.endpoint == "http://one/v1" && $0.answer.promptTokens == 5 })
        let (two, _, _) = try model(second)
        for _ in 0..<2 {
            let response = try await two.complete(question("a"))
            #expect(
                response
                    == ChatResponse(text: "an answer", alternatives: ["b"], finishReason: "stop", usage: Usage(cached: 1)))
        }
        #expect(second.asked.withLock { $0.isEmpty })
        // Once it is known here, nobody asks the archive again.
        #expect(archive.state.withLock { $0.questions.count } == 3)
    }

    /// Studies that ask the same at the same time have budgets and keys of their own.
    @Test(.timeLimit(.minutes(1)), arguments: [LanguageModelError.Kind.budget, .authentication])
    func anothersAccountIsNoReason(_ kind: LanguageModelError.Kind) async throws {
        let cache = AnswerCache(archive: archive)
        let settings = try LanguageModelSettings(model: "openai/m", baseURL: "http://one/v1", temperature: 0)
        let poor = FailingModel(kind)
        let rich = CountingModel()
        let asked = question("a")
        async let refused = CachingModel(poor, settings, cache: cache).complete(asked)
        while poor.asked.withLock({ $0 == 0 }) { try await Task.sleep(for: .milliseconds(1)) }
        async let answered = CachingModel(rich, settings, cache: cache).complete(asked)
        try await Task.sleep(for: .milliseconds(50))
        poor.fail()
        #expect(try await answered.text == "an answer")
        do {
            _ = try await refused
            Issue.record("answered")
        } catch {
            #expect((error as? LanguageModelError)?.kind == kind)
        }
        #expect(poor.asked.withLock { $0 } == 1 && rich.asked.withLock { $0.count } == 1)
    }

    @Test func manyAreOneQuestionAndOneWrite() async throws {
        let (chat, _, cache) = try model(CountingModel())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<300 { group.addTask { _ = try await chat.complete(question("\(number)")) } }
            try await group.waitForAll()
        }
        await cache.flush()
        let (questions, writes, count) = archive.state.withLock { ($0.questions, $0.writes, $0.answers.count) }
        #expect(questions.reduce(0, +) == 300 && questions.count <= 150, "\(questions)")
        #expect(writes.reduce(0, +) == 300 && writes.count <= 150, "\(writes)")
        #expect(count == 300)
    }

    @Test func anArchiveThatIsAwayCostsNoAnswers() async throws {
        archive.state.withLock { $0.isAway = true }
        let lines = Record<String>()
        let counting = CountingModel()
        let (chat, _, cache) = try model(counting, patience: .zero) { lines.append($0) }
        for number in 0..<20 { #expect(try await chat.complete(question("\(number)")).usage.calls == 1) }
        // It was left alone after the first failure, and said so.
        #expect(archive.state.withLock { $0.questions.count } <= 2)
        #expect(lines.all.contains { $0.contains("cannot be read") })
        // What was answered meanwhile is written when it is back.
        archive.state.withLock { $0.isAway = false }
        await cache.flush()
        #expect(archive.state.withLock { $0.answers.count } == 20)
    }

    /// A miss would be a call that is paid twice.
    @Test(.timeLimit(.minutes(1))) func anArchiveThatIsBackSoonCostsNoCall() async throws {
        let kept = try answer("a")
        try await archive.keep([kept])
        archive.state.withLock { $0.isAway = true }
        let lines = Record<String>()
        let reader = ArchiveReader(archive, patience: .seconds(30)) { lines.append($0) }
        async let first = reader.find(kept.key)
        while archive.state.withLock({ $0.questions.count }) < 2 { try await Task.sleep(for: .milliseconds(5)) }
        async let second = reader.find(kept.key)
        archive.state.withLock { $0.isAway = false }
        #expect(await first == kept.answer)
        #expect(await second == kept.answer)
        #expect(lines.all.isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func anArchiveThatRefusesIsNotWaitedFor() async throws {
        archive.state.withLock { $0.refusesAll = true }
        let lines = Record<String>()
        let reader = ArchiveReader(archive, patience: .seconds(3600)) { lines.append($0) }
        #expect(await reader.find(try answer("a").key) == nil)
        #expect(lines.all.count == 1)
    }

    @Test(.timeLimit(.minutes(1))) func patienceEndsForAllWhoWait() async throws {
        archive.state.withLock { $0.isAway = true }
        let reader = ArchiveReader(archive, patience: .milliseconds(600)) { _ in }
        let keys = try (0..<5).map { try answer("\($0)").key }
        let found = await withTaskGroup(of: CachedAnswer?.self) { group in
            for key in keys { group.addTask { await reader.find(key) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(found == Array(repeating: nil, count: 5))
        #expect(archive.state.withLock { $0.questions.count } >= 2)
    }

    private func answer(_ text: String) throws -> ArchivedAnswer {
        let settings = try LanguageModelSettings(model: "openai/m", baseURL: "http://one/v1", temperature: 0)
        return ArchivedAnswer(
            key: try CallKey(question(text), settings), answer: CachedAnswer(texts: [text], promptTokens: 1, completionTokens: 1),
            origin: CallOrigin(study: "s1", role: .task), model: "openai/m", endpoint: "http://one/v1")
    }

    @Test func anAnswerThatIsRefusedKeepsNoOtherFromTheArchive() async throws {
        archive.state.withLock { $0.refused = "bad" }
        let lines = Record<String>()
        let cache = AnswerCache(archive: archive) { lines.append($0) }
        for text in (0..<50).map(String.init) + ["bad"] + (50..<100).map(String.init) { cache.keep(try answer(text)) }
        await cache.flush()
        #expect(archive.state.withLock { $0.answers.count } == 100)
        #expect(lines.all.count == 1 && lines.all[0].contains("does not take 1 answers"))
    }

    @Test func anArchiveThatTakesNothingIsNotAskedForEver() async throws {
        archive.state.withLock { $0.refusesAll = true }
        let cache = AnswerCache(archive: archive)
        cache.keep(try answer("a"))
        while archive.state.withLock({ $0.writes.count }) < 3 { try await Task.sleep(for: .milliseconds(10)) }
        archive.state.withLock { $0.refusesAll = false }
        cache.keep(try answer("b"))
        while archive.state.withLock({ $0.answers.isEmpty }) { try await Task.sleep(for: .milliseconds(10)) }
        // It was not asked to take the first one again.
        #expect(archive.state.withLock { $0.answers.values.map(\.answer.texts) } == [["b"]])
    }

    @Test func nobodyWaitsForAnArchiveThatStandsStill() async throws {
        // It has failed before, and its pause is over.
        archive.state.withLock { $0.isAway = true }
        let reader = ArchiveReader(archive, patience: .zero) { _ in }
        let key = try answer("a").key
        #expect(await reader.find(key) == nil)
        try await Task.sleep(for: .milliseconds(1100))
        archive.state.withLock { ($0.isAway, $0.stands) = (false, true) }
        async let probe = reader.find(key)
        while archive.state.withLock({ $0.asked }) < 2 { try await Task.sleep(for: .milliseconds(2)) }
        // These are answered while the probe is not.
        for _ in 0..<20 { #expect(await reader.find(key) == nil) }
        archive.state.withLock { $0.stands = false }
        #expect(await probe == nil)
    }

    @Test func theRetryOfAnUnparseableAnswerIsANewCall() async throws {
        let counting = CountingModel()
        let (chat, _, _) = try model(counting)
        _ = try await chat.complete(question("a"))
        var retry = question("a")
        retry.retry = 1
        #expect(try await chat.complete(retry).usage.calls == 1)
        #expect(try await chat.complete(retry).usage.calls == 0)
    }

    @Test func vectorsComeBackBitByBit() async throws {
        let counting = CountingModel()
        let (_, embeddings, cache) = try model(counting)
        let first = try await embeddings.embed(["a", "bcd", "a"])
        #expect(first.usage.calls == 1 && first.vectors[0] == first.vectors[2] && first.vectors[1][0] == 3)
        await cache.flush()
        let other = CountingModel()
        let second = try await model(other).embeddings.embed(["bcd", "new", "a"])
        #expect(second.vectors[0] == first.vectors[1] && second.vectors[2] == first.vectors[0])
        #expect(second.vectors[0].map(\.bitPattern) == first.vectors[1].map(\.bitPattern))
        #expect(other.asked.withLock { $0 } == ["new"])
        #expect(second.usage == Usage(calls: 1, attempts: 1, cached: 1, promptTokens: 1))
    }

    @Test func pausesGrowAndEnd() {
        var pause = ArchivePause()
        let start = ContinuousClock.now
        #expect(!pause.holds(at: start))
        #expect((0..<7).map { _ in pause.failed(at: start) } == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        #expect(pause.holds(at: start + .seconds(29)) && !pause.holds(at: start + .seconds(30)))
        pause.succeeded()
        #expect(!pause.holds(at: start) && pause.failed(at: start) == .seconds(1))
    }
}
