import Testing

@testable import LanguageModels

/// A provider that takes a steady rate of calls, by a bucket of one second's worth, and callers that want more than that.
/// No clock: the test's own time.
private struct Simulation {
    var workers: [RateLimiter]
    /// Calls per second that the provider takes.
    var capacity: Double
    var retryAfter: Double? = 1
    var latency = 0.2
    /// How many calls each worker wants to have under way.
    var concurrency = 32
    private var bucket: Double
    private var ends: [(at: Double, worker: Int, permit: RateLimiter.Permit, isTaken: Bool)] = []
    private var inFlight: [Int]
    /// Second by second.
    private(set) var taken: [Int] = []
    private(set) var refused: [Int] = []
    private(set) var now = 0.0

    init(workers count: Int, capacity: Double) {
        workers = Array(repeating: RateLimiter(), count: count)
        inFlight = Array(repeating: 0, count: count)
        self.capacity = capacity
        bucket = capacity
    }

    mutating func run(seconds: Int) {
        let step = 0.005
        for _ in 0..<seconds {
            taken.append(0)
            refused.append(0)
            for _ in 0..<Int((1 / step).rounded()) {
                now += step
                bucket = min(capacity, bucket + capacity * step)
                for end in ends where end.at <= now {
                    inFlight[end.worker] -= 1
                    workers[end.worker].ended(
                        end.permit, end.isTaken ? .answered(tokens: 0) : .refused(wait: retryAfter), at: now)
                }
                ends.removeAll { $0.at <= now }
                for worker in workers.indices { send(worker) }
            }
        }
    }

    private mutating func send(_ worker: Int) {
        while inFlight[worker] < concurrency {
            guard case .go(let permit) = workers[worker].admit(tokens: 1, at: now) else { return }
            inFlight[worker] += 1
            let isTaken = bucket >= 1
            if isTaken { bucket -= 1 }
            if isTaken { taken[taken.count - 1] += 1 } else { refused[refused.count - 1] += 1 }
            ends.append((now + (isTaken ? latency : 0.005), worker, permit, isTaken))
        }
        workers[worker].idles(at: now)
    }
}

@Suite struct RateLimiterTests {
    private func permit(_ limiter: inout RateLimiter, _ now: Double, tokens: Int = 1) throws -> RateLimiter.Permit {
        guard case .go(let permit) = limiter.admit(tokens: tokens, at: now) else {
            throw NotAdmitted()
        }
        return permit
    }
    private struct NotAdmitted: Error {}

    @Test func withoutARefusalThereIsNoLimit() throws {
        var limiter = RateLimiter()
        for _ in 0..<10_000 { _ = try permit(&limiter, 1) }
        #expect(limiter.rate(at: 1) == nil && limiter.pause(at: 1) == nil && limiter.inFlight == 10_000)
    }

    @Test func aRefusalPausesAndCuts() throws {
        var limiter = RateLimiter()
        var permits: [RateLimiter.Permit] = []
        for number in 0..<100 { permits.append(try permit(&limiter, Double(number) / 50)) }
        for permit in permits.dropLast(2) { limiter.ended(permit, .answered(tokens: 0), at: permit.sentAt + 0.01) }
        limiter.ended(permits[98], .refused(wait: 3), at: 2)
        #expect(limiter.pause(at: 2) == 5)
        #expect(limiter.admit(tokens: 1, at: 2.5) == .wait(1))
        // 50 were answered in each second.
        let after = try #require(limiter.rate(at: 5))
        #expect((40...46).contains(after), "\(after)")
        // What was sent before tells nothing new.
        limiter.ended(permits[99], .refused(wait: 50), at: 2.1)
        #expect(limiter.pause(at: 2.1) == 5 && limiter.rate(at: 5) == after)
        // It grows to what was refused, rests there, and goes on.
        #expect(try #require(limiter.rate(at: 8)) > after * 1.08)
        #expect(abs(try #require(limiter.rate(at: 15)) - 50) < 3)
        #expect(try #require(limiter.rate(at: 30)) > 70)
    }

    /// `Retry-After: 89`: a minute is the ceiling, and answers that come in it do not begin it again.
    @Test func aLongWaitHasACeiling() throws {
        var limiter = RateLimiter()
        let permits = try (0..<20).map { _ in try permit(&limiter, 0) }
        for (number, permit) in permits.enumerated() { limiter.ended(permit, .refused(wait: 89), at: 0.1 + Double(number) * 3) }
        #expect(limiter.pause(at: 59) == 60.1)
        #expect(limiter.pause(at: 60.2) == nil)
        _ = try permit(&limiter, 60.2)
    }

    @Test func theUsersRateIsKept() throws {
        var limiter = RateLimiter(limits: CallLimits(requestsPerMinute: 120))
        var sent = 0
        for tick in 0..<6000 {
            if case .go(let permit) = limiter.admit(tokens: 1, at: Double(tick) / 100) {
                sent += 1
                limiter.ended(permit, .answered(tokens: 1), at: Double(tick) / 100)
            }
        }
        #expect((118...122).contains(sent), "\(sent)")
    }

    @Test func theUsersTokensAreKept() throws {
        var limiter = RateLimiter(limits: CallLimits(tokensPerMinute: 60_000))
        var tokens = 0
        for tick in 0..<6000 {
            // Estimated at 100, they take 500.
            if case .go(let permit) = limiter.admit(tokens: 100, at: Double(tick) / 100) {
                tokens += 500
                limiter.ended(permit, .answered(tokens: 500), at: Double(tick) / 100)
            }
        }
        #expect((55_000...64_000).contains(tokens), "\(tokens)")
    }

    @Test func theUsersConcurrencyIsKept() throws {
        var limiter = RateLimiter(limits: CallLimits(concurrency: 2))
        let first = try permit(&limiter, 0)
        _ = try permit(&limiter, 0)
        #expect(limiter.admit(tokens: 1, at: 0) == .waitForAnother)
        limiter.ended(first, .other, at: 1)
        _ = try permit(&limiter, 1)
    }

    @Test func headersAreRead() throws {
        var limiter = RateLimiter()
        let first = try permit(&limiter, 0)
        let second = try permit(&limiter, 0)
        limiter.read(ProviderLimits(requestsPerMinute: 600, secondsUntilReset: 2), of: first, at: 0)
        #expect(limiter.pause(at: 0) == 2)
        // Sent before the pause: old news.
        limiter.read(ProviderLimits(secondsUntilReset: 30), of: second, at: 1)
        #expect(limiter.pause(at: 1) == 2)
        limiter.ended(first, .answered(tokens: 1), at: 1)
    }

    /// Eight workers that know nothing of each other, and 200 calls a second between them.
    @Test func aFleetFindsTheLimit() {
        var simulation = Simulation(workers: 8, capacity: 200)
        simulation.run(seconds: 80)
        let settled = simulation.taken[10..<70].reduce(0, +)
        #expect(Double(settled) >= 0.9 * 200 * 60, "\(simulation.taken)")
        let (taken, refused) = (simulation.taken[20...].reduce(0, +), simulation.refused[20...].reduce(0, +))
        #expect(Double(refused) <= 0.05 * Double(taken + refused), "\(simulation.refused)")
    }

    @Test func oneWorkerFindsTheLimitWithoutBeingToldToWait() {
        var simulation = Simulation(workers: 1, capacity: 50)
        simulation.retryAfter = nil
        simulation.run(seconds: 60)
        let (taken, refused) = (simulation.taken[10...].reduce(0, +), simulation.refused[10...].reduce(0, +))
        #expect(Double(taken) >= 0.9 * 50 * 50, "\(simulation.taken)")
        #expect(Double(refused) <= 0.05 * Double(taken + refused), "\(simulation.refused)")
    }

    /// A provider that takes nothing for a moment and asks for 89 seconds: a minute later all is as it was.
    @Test func aLongPauseEndsInTheOldRate() {
        var simulation = Simulation(workers: 8, capacity: 200)
        simulation.run(seconds: 30)
        (simulation.capacity, simulation.retryAfter) = (1, 89)
        simulation.run(seconds: 2)
        (simulation.capacity, simulation.retryAfter) = (200, 1)
        simulation.run(seconds: 78)
        #expect(simulation.taken[32..<89].reduce(0, +) == 0, "\(simulation.taken)")
        #expect(simulation.taken[100..<110].reduce(0, +) >= 1800, "\(simulation.taken)")
    }

    @Test func aRateThatIsNotTriedDoesNotGrow() {
        var simulation = Simulation(workers: 1, capacity: 100)
        simulation.run(seconds: 20)
        simulation.concurrency = 1
        simulation.run(seconds: 200)
        let rate = simulation.workers[0].rate(at: simulation.now) ?? .infinity
        #expect(rate < 150, "\(rate)")
    }
}

@Suite struct ProviderLimitsTests {
    @Test(arguments: [
        ("1s", 1), ("6m0s", 360), ("20ms", 0.02), ("1h2m3.5s", 3723.5), ("12", 12), ("2026-11-28T19:00:07.5Z", 7.5),
    ])
    func times(text: String, seconds: Double) {
        #expect(abs((ProviderLimits.seconds(text, now: 1_795_892_400) ?? -1) - seconds) < 1e-6)
    }

    @Test(arguments: ["", "soon", "5 minutes", "-1", "1x"]) func whatIsNoTime(text: String) {
        #expect(ProviderLimits.seconds(text, now: 0) == nil)
    }

    /// What was sent while nobody limited it is not owed when somebody does.
    @Test func aLongTimeWithoutRefusalsLeavesNoDebt() throws {
        var limiter = RateLimiter()
        func permit(at now: Double) -> RateLimiter.Permit? {
            if case .go(let permit) = limiter.admit(tokens: 1, at: now) { permit } else { nil }
        }
        // Half an hour of fifty calls a second.
        for call in 0..<90_000 {
            let now = Double(call) / 50
            limiter.ended(try #require(permit(at: now)), .answered(tokens: 1), at: now + 0.01)
        }
        let end = 1800.0
        limiter.ended(try #require(permit(at: end)), .refused(wait: nil), at: end + 0.1)
        let sent = (0..<200).filter { permit(at: end + 0.1 + Double($0) / 20) != nil }
        #expect(sent.count > 100, "of the 200 that were wanted in ten seconds")
        // A limit of the user's that comes late.
        limiter.limits.requestsPerMinute = 60
        #expect((0..<10).contains { permit(at: end + 60 + Double($0)) != nil })
    }
}
