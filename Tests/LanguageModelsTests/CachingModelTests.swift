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

@Suite struct CachingModelTests {
    private func request(_ text: String, _ change: (inout ChatRequest) -> Void = { _ in }) -> ChatRequest {
        var request = ChatRequest(messages: [ChatMessage(role: .user, content: text)], temperature: 0)
        change(&request)
        return request
    }

    /// A model, and the cache before it.
    private func cached(
        _ model: GatedModel, temperature: Double? = nil, limit: Int = 1 << 20
    ) throws -> (CachingModel, AnswerCache) {
        let settings = try LanguageModelSettings(
            model: "openai/m", baseURL: "http://localhost", temperature: temperature, responseFormat: .jsonObject)
        let cache = AnswerCache(limit: limit)
        return (CachingModel(model, settings, cache: cache), cache)
    }

    private func until(_ condition: () -> Bool) async throws {
        for _ in 0..<2000 where !condition() { try await Task.sleep(for: .milliseconds(2)) }
        try #require(condition())
    }

    @Test func aHitCostsNothing() async throws {
        let model = GatedModel()
        let (memory, cache) = try cached(model)
        #expect(memory.responseFormats == .jsonObject)
        let first = try await memory.complete(request("a"))
        #expect(first.usage == Usage(calls: 1, attempts: 2, promptTokens: 7))
        let second = try await memory.complete(request("a"))
        #expect(second == ChatResponse(text: "1", alternatives: ["b"], finishReason: "stop", usage: Usage(cached: 1)))
        #expect(model.count.begun == 1)
        #expect(cache.size.answers == 1)
    }

    @Test func whatTellsRequestsApart() async throws {
        let model = GatedModel()
        let (memory, _) = try cached(model)
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
        let hit = try await memory.complete(request("a") { $0.rollout = 5 })
        #expect(hit.usage == Usage(cached: 1))
    }

    @Test func theModelsOwnTemperature() async throws {
        let model = GatedModel()
        let (memory, _) = try cached(model, temperature: 0)
        for rollout in 0..<4 as Range<UInt64> {
            _ = try await memory.complete(request("a") { ($0.temperature, $0.rollout) = (nil, rollout) })
        }
        #expect(model.count.begun == 1)
    }

    @Test func identicalCallsAtOnceAreOneCall() async throws {
        let model = GatedModel(open: false)
        let (memory, _) = try cached(model)
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
        let (memory, cache) = try cached(model)
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
        #expect(cache.size.answers == 0)
    }

    @Test func oneWhoLeavesDoesNotDisturbTheOthers() async throws {
        let model = GatedModel(open: false)
        let (memory, _) = try cached(model)
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
        let (memory, _) = try cached(model)
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
        let (memory, _) = try cached(model)
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
        let (memory, cache) = try cached(model, limit: 2000)
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
        #expect(cache.size.bytes <= 2000)
    }
}
