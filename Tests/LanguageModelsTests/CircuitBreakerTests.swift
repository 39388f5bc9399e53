import HTTP
@testable import LanguageModels
import Programs
import Synchronization
import TestSupport
import Testing

@Suite struct CircuitBreakerTests {
    private func pass(_ breaker: inout CircuitBreaker, _ now: Double) throws -> CircuitBreaker.Pass {
        guard case .go(let pass) = breaker.admit(at: now) else {
            Issue.record("held at \(now)")
            throw CancellationError()
        }
        return pass
    }

    private func open(at now: Double) throws -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for number in 0..<CircuitBreaker.failures {
            let pass = try pass(&breaker, now)
            breaker.ended(pass, .failed(request: number), at: now)
        }
        return breaker
    }

    @Test func failuresInARowOpenIt() throws {
        var breaker = try open(at: 5)
        #expect(!breaker.isClosed && breaker.failingSince == 5)
        #expect(breaker.admit(at: 5.25) == .wait(0.75))
    }

    @Test func oneProbeAtATimeAndItsAnswerCloses() throws {
        var breaker = try open(at: 0)
        let probe = try pass(&breaker, 1)
        #expect(breaker.admit(at: 1) == .wait(CircuitBreaker.shortest))
        breaker.ended(probe, .answered, at: 2)
        #expect(breaker.isClosed && breaker.failingSince == nil)
        _ = try pass(&breaker, 2)
    }

    /// Waits double up to the longest; a probe that its caller gives up leaves its place to the next.
    @Test func failingProbesWaitLonger() throws {
        var breaker = try open(at: 0)
        var now = 1.0
        var waits: [Double] = []
        for _ in 0..<7 {
            let given = try pass(&breaker, now)
            breaker.ended(given, .unknown, at: now)
            let probe = try pass(&breaker, now)
            breaker.ended(probe, .failed(request: 1), at: now)
            guard case .wait(let seconds) = breaker.admit(at: now) else { return }
            waits.append(seconds)
            now += seconds
        }
        #expect(waits == [2, 4, 8, 16, 30, 30, 30])
        #expect(breaker.failingSince == 0)
    }

    /// Where the server says that it stumbled, many different requests must have failed: the same few, however often, may be bad.
    @Test func aFewRequestsThatTheServerStumblesOverDoNotOpenIt() throws {
        var breaker = CircuitBreaker()
        for number in 0..<200 {
            let pass = try pass(&breaker, 0)
            breaker.ended(pass, .stumbled(request: number % (CircuitBreaker.leastFailed - 1)), at: 0)
        }
        #expect(breaker.isClosed)
        let last = try pass(&breaker, 0)
        breaker.ended(last, .stumbled(request: 1000), at: 0)
        #expect(!breaker.isClosed)
        breaker = CircuitBreaker()
        for number in 0..<CircuitBreaker.failures {
            let pass = try pass(&breaker, 0)
            breaker.ended(pass, number < 3 ? .stumbled(request: 1) : .failed(request: number % 3), at: 0)
        }
        #expect(!breaker.isClosed)
    }

    /// An endpoint that gave no answer, and now stumbles over the request that tries it, is there.
    @Test func aProbeThatTheServerStumblesOverCloses() throws {
        var breaker = CircuitBreaker()
        for number in 0..<CircuitBreaker.failures {
            let pass = try pass(&breaker, 0)
            breaker.ended(pass, .failed(request: number % 3), at: 0)
        }
        #expect(!breaker.isClosed)
        let probe = try pass(&breaker, 1)
        breaker.ended(probe, .stumbled(request: 1), at: 1)
        #expect(breaker.isClosed)
        for _ in 0..<50 {
            let pass = try pass(&breaker, 2)
            breaker.ended(pass, .stumbled(request: 2), at: 2)
        }
        #expect(breaker.isClosed)
    }

    /// A request that always fails, and failures among answers, are no sign that the endpoint is away.
    @Test func itStaysClosedForOthers() throws {
        var breaker = CircuitBreaker()
        for _ in 0..<100 {
            let pass = try pass(&breaker, 0)
            breaker.ended(pass, .failed(request: 7), at: 0)
        }
        #expect(breaker.isClosed)
        breaker = CircuitBreaker()
        for number in 0..<100 {
            let pass = try pass(&breaker, 0)
            breaker.ended(pass, number % 10 == 9 ? .answered : .failed(request: number), at: 0)
        }
        #expect(breaker.isClosed)
    }

    /// Calls sent before it opened may still be answered: then the endpoint is there.
    @Test func aLateAnswerCloses() throws {
        var breaker = CircuitBreaker()
        let early = try pass(&breaker, 0)
        breaker = try open(at: 1)
        breaker.ended(early, .failed(request: 1), at: 1.5)
        #expect(!breaker.isClosed)
        breaker.ended(early, .answered, at: 1.5)
        #expect(breaker.isClosed)
    }

    /// An endpoint that fails for a while costs no call its attempts: all are answered when it is back.
    @Test(.timeLimit(.minutes(1))) func callsAreHeldAndNotBurnt() async throws {
        let isDown = Atomic(true)
        let refused = Counter()
        try await withServer { _ in
            guard isDown.load(ordering: .relaxed) else { return Answer.completion("yes") }
            if refused.next() == 38 { isDown.store(false, ordering: .relaxed) }
            return Answer.failure(500)
        } _: { server in
            let stack = CallStack(transport: HTTPTransport())
            var settings = try LanguageModelSettings(model: "m", baseURL: server.url)
            settings.maxAttempts = 5
            let model = stack.model(settings, for: CallOrigin(role: .task))
            let watch = Task { [stack] in
                while stack.gates.waiting().isEmpty { try await Task.sleep(for: .milliseconds(2)) }
                return stack.gates.waiting()
            }
            // Enough that a few attempts of each use up what the server refuses.
            let counts = Counts()
            let answers = try await counts.during {
                try await withThrowingTaskGroup(of: String.self) { group in
                    for number in 0..<38 {
                        group.addTask {
                            let message = ChatMessage(role: .user, content: "question \(number)")
                            return try await model.complete(ChatRequest(messages: [message])).text
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            #expect(answers == [String](repeating: "yes", count: 38))
            let waiting = try await watch.value
            #expect(Array(waiting.keys) == [server.url] && waiting[server.url]?.contains("500") == true)
            #expect(stack.gates.waiting().isEmpty)
            #expect(counts["nightshift_lm_wait_seconds_count{for=\"provider\"}"] >= 38)
            #expect(counts["nightshift_lm_wait_seconds_sum{for=\"provider\"}"] > 1)
        }
    }

    /// An address that has never answered is wrong, most likely; one that has is waited for.
    @Test(.timeLimit(.minutes(1)), arguments: [false, true]) func patienceEndsWhereNothingWasEverAnswered(hasAnswered: Bool) async throws {
        let breaker = EndpointBreaker(patience: .zero)
        if hasAnswered { breaker.ended(try await breaker.admit(), .answered) }
        for request in 0..<CircuitBreaker.failures { breaker.ended(try await breaker.admit(), .failed(request: request), reason: "no connection") }
        #expect(breaker.waiting == "no connection")
        let call = Task { () -> LanguageModelError? in
            do throws(LanguageModelError) { _ = try await breaker.admit() } catch { return error }
            return nil
        }
        let error = await call.value
        #expect(error?.kind == (hasAnswered ? nil : .unreachable))
        #expect(hasAnswered || error?.message.contains("no connection") == true && error?.fault == .refused)
    }

    /// One request that always fails has its attempts and no more, and the others are answered meanwhile.
    @Test func oneBadRequestHarmsNoOther() async throws {
        let bad = Counter()
        try await withServer { request in
            guard String(decoding: request.body, as: UTF8.self).contains("poison") else { return Answer.completion("yes") }
            _ = bad.next()
            return Answer.failure(500)
        } _: { server in
            var settings = try LanguageModelSettings(model: "m", baseURL: server.url)
            settings.maxAttempts = 3
            let model = CallStack(transport: HTTPTransport()).model(settings, for: CallOrigin(role: .task))
            func ask(_ text: String) async throws -> String {
                try await model.complete(ChatRequest(messages: [ChatMessage(role: .user, content: text)])).text
            }
            let error = await #expect(throws: LanguageModelError.self) { try await ask("poison") }
            #expect(error?.kind == .server && error?.usage.attempts == 3 && bad.value == 3)
            for number in 0..<20 { #expect(try await ask("\(number)") == "yes") }
        }
    }
}
