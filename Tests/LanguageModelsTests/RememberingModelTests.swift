import Programs
import Synchronization
import Testing

@testable import LanguageModels

/// A model whose calls wait until they are let go, and that counts them.
private final class GatedModel: LanguageModel {
    struct Counts { var begun = 0, ended = 0, cancelled = 0 }
    private let counts = Mutex(Counts())
    private let isOpen: Mutex<Bool>
    private let error: LanguageModelError?

    init(open: Bool = true, error: LanguageModelError? = nil) {
        isOpen = Mutex(open)
        self.error = error
    }

    var responseFormats: ResponseFormatSupport { .jsonObject }
    var count: Counts { counts.withLock { $0 } }
    func open() { isOpen.withLock { $0 = true } }

    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        let number = counts.withLock { counts in
            counts.begun += 1
            return counts.begun
        }
        while !isOpen.withLock({ $0 }) {
            do { try await Task.sleep(for: .milliseconds(2)) } catch {
                counts.withLock { $0.cancelled += 1 }
                throw LanguageModelError(.cancelled, "cancelled", usage: Usage(attempts: 1))
            }
        }
        counts.withLock { $0.ended += 1 }
        if let error { throw error }
        return ChatResponse(
            text: "\(number)", alternatives: ["b"], finishReason: "stop", usage: Usage(calls: 1, attempts: 2, promptTokens: 7))
    }
}

@Suite struct RememberingModelTests {
    private func request(_ text: String, _ change: (inout ChatRequest) -> Void = { _ in }) -> ChatRequest {
        var request = ChatRequest(messages: [ChatMessage(role: .user, content: text)], temperature: 0)
        change(&request)
        return request
    }

    private func until(_ condition: () -> Bool) async throws {
        for _ in 0..<2000 where !condition() { try await Task.sleep(for: .milliseconds(2)) }
        try #require(condition())
    }

    @Test func aHitCostsNothing() async throws {
        let model = GatedModel()
        let memory = RememberingModel(model)
        #expect(memory.responseFormats == .jsonObject)
        let first = try await memory.complete(request("a"))
        #expect(first.usage == Usage(calls: 1, attempts: 2, promptTokens: 7))
        let second = try await memory.complete(request("a"))
        #expect(second == ChatResponse(text: "1", alternatives: ["b"], finishReason: "stop", usage: Usage(cached: 1)))
        #expect(model.count.begun == 1)
        #expect(memory.size.answers == 1)
    }

    @Test func whatTellsRequestsApart() async throws {
        let model = GatedModel()
        let memory = RememberingModel(model)
        let changes: [(inout ChatRequest) -> Void] = [
            { _ in }, { $0.messages[0].content = "b" }, { $0.retry = 1 }, { $0.count = 2 }, { $0.maxTokens = 9 },
            { $0.stop = ["x"] },
            { $0.responseFormat = .jsonObject }, { $0.temperature = 1 }, { ($0.temperature, $0.rollout) = (1, 1) },
            { ($0.temperature, $0.rollout) = (1, 2) }, { $0.temperature = nil }, { ($0.temperature, $0.rollout) = (nil, 1) },
            { $0.messages[0].role = .system },
        ]
        for change in changes { _ = try await memory.complete(request("a", change)) }
        #expect(model.count.begun == changes.count)
        // At temperature 0 a rollout changes nothing.
        let cached = try await memory.complete(request("a") { $0.rollout = 5 })
        #expect(cached.usage == Usage(cached: 1))
    }

    @Test func theModelsOwnTemperature() async throws {
        let model = GatedModel()
        let memory = RememberingModel(model, temperature: 0)
        for rollout in 0..<4 as Range<UInt64> {
            _ = try await memory.complete(request("a") { ($0.temperature, $0.rollout) = (nil, rollout) })
        }
        #expect(model.count.begun == 1)
    }

    @Test func identicalCallsAtOnceAreOneCall() async throws {
        let model = GatedModel(open: false)
        let memory = RememberingModel(model)
        let tasks = (0..<50).map { number in Task { try await memory.complete(request(number % 2 == 0 ? "a" : "b")) } }
        try await until { model.count.begun == 2 }
        try await Task.sleep(for: .milliseconds(50))
        model.open()
        var total = Usage.zero
        for task in tasks { total += try await task.value.usage }
        #expect(model.count.begun == 2)
        #expect(total == Usage(calls: 2, attempts: 4, cached: 48, promptTokens: 14))
    }

    @Test func errorsAreNotRemembered() async throws {
        let model = GatedModel(open: false, error: LanguageModelError(.server, "500", usage: Usage(attempts: 5)))
        let memory = RememberingModel(model)
        let tasks = (0..<4).map { _ in Task { try await memory.complete(request("a")).text } }
        try await until { model.count.begun == 1 }
        try await Task.sleep(for: .milliseconds(50))
        model.open()
        var attempts = 0
        for task in tasks {
            let error = try await #require(throws: LanguageModelError.self) { _ = try await task.value }
            #expect(error.kind == .server)
            attempts += error.usage.attempts
        }
        #expect(attempts == 5)
        await #expect(throws: LanguageModelError.self) { _ = try await memory.complete(request("a")) }
        #expect(model.count.begun == 2)
        #expect(memory.size.answers == 0)
    }

    @Test func oneWhoLeavesDoesNotDisturbTheOthers() async throws {
        let model = GatedModel(open: false)
        let memory = RememberingModel(model)
        let first = Task { try await memory.complete(request("a")) }
        try await until { model.count.begun == 1 }
        let others = (0..<3).map { _ in Task { try await memory.complete(request("a")) } }
        let leaver = Task { try await memory.complete(request("a")) }
        try await Task.sleep(for: .milliseconds(50))
        // Even the one that began the call.
        for task in [first, leaver] {
            task.cancel()
            let error = await #expect(throws: LanguageModelError.self) { _ = try await task.value }
            #expect(error?.kind == .cancelled)
            #expect(error?.usage == .zero)
        }
        model.open()
        var usage = Usage.zero
        for task in others { usage += try await task.value.usage }
        #expect(usage == Usage(calls: 1, attempts: 2, cached: 2, promptTokens: 7))
        #expect(model.count.cancelled == 0)
    }

    @Test func theLastWhoLeavesEndsTheCall() async throws {
        let model = GatedModel(open: false)
        let memory = RememberingModel(model)
        let tasks = (0..<2).map { _ in Task { try await memory.complete(request("a")) } }
        try await until { model.count.begun == 1 }
        try await Task.sleep(for: .milliseconds(50))
        for task in tasks { task.cancel() }
        var usage = Usage.zero
        for task in tasks {
            let error = try await #require(throws: LanguageModelError.self) { _ = try await task.value }
            #expect(error.kind == .cancelled)
            usage += error.usage
        }
        // What the call had cost is not lost.
        #expect(usage == Usage(attempts: 1))
        #expect(model.count.cancelled == 1)
        model.open()
        #expect(try await memory.complete(request("a")).usage.calls == 1)
    }

    @Test func cancelledBeforeItBegins() async throws {
        let model = GatedModel()
        let memory = RememberingModel(model)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await memory.complete(request("a"))
        }
        task.cancel()
        let error = await #expect(throws: LanguageModelError.self) { _ = try await task.value }
        #expect(error?.kind == .cancelled)
        #expect(model.count.begun == 0)
    }

    @Test func cancellationsAtAnyMoment() async throws {
        let model = GatedModel()
        let memory = RememberingModel(model, limit: 2000)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<2000 {
                group.addTask {
                    let task = Task { try await memory.complete(request("\(number % 7)")) }
                    if number % 3 == 0 { task.cancel() }
                    do { return try await !task.value.text.isEmpty } catch {
                        return (error as? LanguageModelError)?.kind == .cancelled && number % 3 == 0
                    }
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        #expect(memory.size.bytes <= 2000)
    }
}

@Suite struct RecentAnswersTests {
    private func request(_ number: Int) -> ChatRequest { ChatRequest(messages: [ChatMessage(role: .user, content: "\(number)")]) }
    private let answer = ChatResponse(text: String(repeating: "x", count: 1000), usage: Usage(calls: 1))

    @Test func theLeastRecentlyUsedGoFirst() {
        var answers = RecentAnswers(limit: 5 * 1600)
        for number in 0..<5 { answers.remember(answer, for: request(number)) }
        #expect(answers.count == 5)
        #expect(answers.answer(to: request(0))?.usage == .zero)
        for number in 5..<8 { answers.remember(answer, for: request(number)) }
        #expect(answers.bytes <= 8000)
        #expect((0..<8).filter { answers.answer(to: request($0)) != nil } == [0, 4, 5, 6, 7])
    }

    @Test func whatIsTooLargeIsNotKept() {
        var answers = RecentAnswers(limit: 1000)
        answers.remember(answer, for: request(1))
        #expect(answers.count == 0)
        #expect(answers.bytes == 0)
    }

    @Test func replacingCountsOnce() {
        var answers = RecentAnswers(limit: 1 << 20)
        for _ in 0..<1000 { answers.remember(answer, for: request(1)) }
        #expect(answers.count == 1)
        #expect(answers.bytes < 2000)
    }

    @Test func agreesWithAPlainList() {
        var answers = RecentAnswers(limit: 12 * 1600)
        var list: [Int] = []
        var state: UInt64 = 1
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = Int(state >> 33) % 30
            let known = answers.answer(to: request(number)) != nil
            #expect(known == list.contains(number))
            list.removeAll { $0 == number }
            list.append(number)
            if !known { answers.remember(answer, for: request(number)) }
            // Keys of one and of two digits differ in size by a byte, which the limit leaves room for.
            if list.count > answers.count { list.removeFirst() }
            #expect(list.count == answers.count)
            #expect(answers.bytes <= answers.limit)
        }
    }
}
