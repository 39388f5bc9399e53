import Foundation
import HTTP
import Programs
import Synchronization
import TestSupport
import Testing

@testable import LanguageModels

@Suite struct HedgeTests {
    @Test func thePercentileIsOfTheLastAnswers() {
        var window = LatencyWindow()
        for number in 1..<LatencyWindow.least {
            window.add(Double(number))
            #expect(window.p95 == nil)
        }
        for number in LatencyWindow.least...100 { window.add(Double(number)) }
        #expect(window.p95 == 96)
        for _ in 0..<LatencyWindow.size { window.add(0.5) }
        #expect(window.p95 == 0.5)
    }

    @Test func thereIsOneHedgeAtMost() {
        var race = HedgeRace()
        let sent = [false, true, true].map { race.answerIsLate(mayBeSent: $0) }
        #expect(sent == [false, true, false] && race.isHedged)
        let standing = race.attemptFailed()
        let isSentAgain = race.answerIsLate(mayBeSent: true)
        #expect(standing == .anotherIsUnderWay && !isSentAgain)
        let end = race.attemptFailed()
        #expect(end == .allFailed)
    }

    private func ask(_ model: any LanguageModel, _ text: String) async throws(LanguageModelError) -> ChatResponse {
        try await model.complete(ChatRequest(messages: [ChatMessage(role: .user, content: text)]))
    }

    /// A server that answers at once, but for `late`: its first request gets `first`, when the second one has come.
    private func withLateServer(
        first: LoopbackServer.Reply, _ body: (any LanguageModel, Record<String>) async throws -> Void
    ) async throws {
        let seen = Record<String>()
        try await withServer { request in
            let text = String(decoding: request.body, as: UTF8.self)
            guard text.contains("late") else { return Answer.completion("quick") }
            seen.append("late")
            guard seen.all.count == 1 else { return Answer.completion("second") }
            if case .hang = first { return first }
            for _ in 0..<30_000 where seen.all.count < 2 { Thread.sleep(forTimeInterval: 0.001) }
            Thread.sleep(forTimeInterval: 0.5)
            return first
        } _: { server in
            var settings = try LanguageModelSettings(model: "m", baseURL: server.url)
            settings.hedges = true
            settings.maxAttempts = 1
            let stack = CallStack(transport: HTTPTransport())
            let model = stack.model(settings, for: CallOrigin(role: .task))
            for number in 0..<(2 * LatencyWindow.least) { _ = try await ask(model, "\(number)") }
            #expect(stack.gates.latencies(settings, .task).p95 != nil)
            #expect(stack.gates.latencies(settings, .judge).p95 == nil, "each role has its own")
            try await body(model, seen)
        }
    }

    @Test(.timeLimit(.minutes(1))) func theFirstAnswerWins() async throws {
        let counts = Counts()
        func hedges() -> [Double] { [counts["nightshift_lm_hedges_total"], counts["nightshift_lm_hedges_won_total"]] }
        try await counts.during {
            try await withLateServer(first: Answer.completion("first")) { model, seen in
                // A quick one may have been late, too.
                let before = hedges()
                let response = try await ask(model, "late")
                #expect(response.text == "second")
                #expect(response.usage.calls == 1 && response.usage.attempts == 2)
                #expect(seen.all.count == 2)
                #expect(hedges() == before.map { $0 + 1 })
            }
        }
    }

    /// A failure of the one is none of the call while the other may be answered; it is no reason for a third either.
    @Test(.timeLimit(.minutes(1))) func aFailureOfTheLateOneIsNoFailure() async throws {
        try await withLateServer(first: Answer.failure(500)) { model, seen in
            let response = try await ask(model, "late")
            #expect(response.text == "second" && response.usage.attempts == 2)
            try await Task.sleep(for: .seconds(1))
            #expect(seen.all.count == 2)
        }
    }

    /// Whoever gives up waiting leaves nothing behind that would send more.
    @Test(.timeLimit(.minutes(1))) func aCancelledCallEnds() async throws {
        try await withLateServer(first: .hang) { model, seen in
            let call = Task { () -> LanguageModelError? in
                do throws(LanguageModelError) { _ = try await ask(model, "late") } catch { return error }
                return nil
            }
            call.cancel()
            #expect(await call.value?.kind == .cancelled)
            try await Task.sleep(for: .milliseconds(300))
            #expect(seen.all.count <= 1)
        }
    }
}
