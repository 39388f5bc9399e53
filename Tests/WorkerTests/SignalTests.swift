import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(5))) struct SignalTests {
    private let clock = ContinuousClock()

    @Test func aSignalSetBeforeTheWaitIsRememberedOnce() async {
        let signal = Signal()
        signal.set()
        signal.set()
        await signal.wait()
        let second = await clock.measure { await signal.wait(atMost: .milliseconds(50)) }
        #expect(second >= .milliseconds(50))
    }

    @Test func settingItEndsTheWait() async throws {
        let signal = Signal()
        let waiting = Task { await signal.wait() }
        try await Task.sleep(for: .milliseconds(20))
        signal.set()
        await waiting.value
    }

    @Test func cancellationEndsTheWait() async throws {
        let signal = Signal()
        let waiting = Task { await signal.wait(atMost: .seconds(600)) }
        try await Task.sleep(for: .milliseconds(20))
        waiting.cancel()
        await waiting.value
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await signal.wait()
        }
        await late.value
        // Neither has left anything behind.
        let next = await clock.measure { await signal.wait(atMost: .milliseconds(50)) }
        #expect(next >= .milliseconds(50))
    }

    @Test func theTimeLimitEndsTheWaitHoweverShortItIs() async {
        let signal = Signal()
        for microseconds in 0..<500 { await signal.wait(atMost: .microseconds(microseconds)) }
    }

    @Test(arguments: [nil, Duration.seconds(600)])
    func nothingSetIsEverLost(limit: Duration?) async {
        let signal = Signal()
        let acknowledged = Signal()
        let setter = Task.detached {
            for _ in 0..<2000 {
                signal.set()
                await acknowledged.wait()
            }
        }
        for _ in 0..<2000 {
            await signal.wait(atMost: limit)
            acknowledged.set()
        }
        await setter.value
    }
}
