import HTTP
import Programs
import Synchronization
import TestSupport
import Testing

@testable import LanguageModels

/// How many there are at once, and were at most.
private final class Peak: Sendable {
    private let state = Mutex((now: 0, most: 0))

    var most: Int { state.withLock { $0.most } }

    func add(_ change: Int) {
        state.withLock { state in
            state.now += change
            state.most = max(state.most, state.now)
        }
    }
}

@Suite struct CallGateTests {
    /// Lets `count` callers ask at once and answers in which order they passed.
    private func pass(_ count: Int, _ gate: CallGate, during work: Duration = .milliseconds(1)) async throws -> Int {
        let peak = Peak()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask {
                    let permit = try await gate.admit(tokens: 1)
                    peak.add(1)
                    try await Task.sleep(for: work)
                    peak.add(-1)
                    gate.ended(permit, .answered(tokens: 1))
                }
            }
            try await group.waitForAll()
        }
        return peak.most
    }

    @Test func withoutLimitsAllPass() async throws {
        let gate = CallGate()
        _ = try await pass(500, gate)
        #expect(gate.standing.inFlight == 0 && gate.standing.waiting == 0 && gate.standing.rate == nil)
    }

    @Test func noMoreThanAllowedAreUnderWay() async throws {
        let gate = CallGate(limits: CallLimits(concurrency: 3))
        #expect(try await pass(60, gate) <= 3)
        #expect(gate.standing.inFlight == 0 && gate.standing.waiting == 0)
    }

    @Test func theRateIsKept() async throws {
        let gate = CallGate(limits: CallLimits(requestsPerMinute: 600))
        let start = ContinuousClock.now
        _ = try await pass(25, gate)
        // Ten may go at once, and ten a second thereafter.
        #expect(ContinuousClock.now - start >= .milliseconds(1300))
    }

    @Test func whoIsCancelledLeaves() async throws {
        let gate = CallGate(limits: CallLimits(concurrency: 1))
        let first = try await gate.admit(tokens: 1)
        let waiting = (0..<20).map { _ in Task { try await gate.admit(tokens: 1) } }
        while gate.standing.waiting < 20 { try await Task.sleep(for: .milliseconds(1)) }
        for task in waiting.dropLast() { task.cancel() }
        for task in waiting.dropLast() {
            let error = await #expect(throws: LanguageModelError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
        }
        gate.ended(first, .other)
        let last = try await waiting[19].value
        gate.ended(last, .other)
        #expect(gate.standing.inFlight == 0)
    }

    @Test func oneGateForEachModelAtEachEndpoint() throws {
        let gates = CallGates()
        let settings = try LanguageModelSettings(model: "openai/m", baseURL: "http://one/v1", temperature: 0)
        let warm = try LanguageModelSettings(model: "openai/m", baseURL: "http://one/v1", temperature: 1)
        let other = try LanguageModelSettings(model: "openai/m", baseURL: "http://two/v1")
        #expect(gates.gate(settings) === gates.gate(warm))
        #expect(gates.gate(settings) !== gates.gate(other))
    }
}

/// The limits as providers' models keep them, against a server.
@Suite struct LimitedModelTests {
    @Test func aRefusalHoldsTheOthersBack() async throws {
        let reply = script([Answer.failure(429, headers: [("retry-after-ms", "6000")]), Answer.completion("ok")])
        try await withServer(reply) { server in
            let gates = CallGates()
            let settings = try LanguageModelSettings(model: "openai/m", baseURL: server.url)
            let model = languageModel(settings, environment: [:], transport: HTTPTransport(), gate: gates.gate(settings))
            async let first = model.complete(hello)
            for _ in 0..<10_000 where gates.gate(settings).standing.pause == nil { try await Task.sleep(for: .milliseconds(1)) }
            try #require(gates.gate(settings).standing.pause != nil)
            let start = ContinuousClock.now
            let second = try await model.complete(hello)
            #expect(ContinuousClock.now - start >= .milliseconds(700))
            #expect(second.usage.attempts == 1)
            #expect(try await first.usage.attempts == 2)
            #expect(gates.gate(settings).standing.inFlight == 0)
        }
    }

    @Test func aHeaderThatSaysNothingRemainsIsBelieved() async throws {
        try await withServer { _ in
            var reply = Answer.completion("ok")
            if case .respond(let status, let headers, let body) = reply {
                let more = [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "6000ms")]
                reply = .respond(status: status, headers: headers + more, body: body)
            }
            return reply
        } _: { server in
            let gates = CallGates()
            let settings = try LanguageModelSettings(model: "openai/m", baseURL: server.url)
            let model = languageModel(settings, environment: [:], transport: HTTPTransport(), gate: gates.gate(settings))
            _ = try await model.complete(hello)
            let start = ContinuousClock.now
            _ = try await model.complete(hello)
            #expect(ContinuousClock.now - start >= .milliseconds(700))
        }
    }
}
