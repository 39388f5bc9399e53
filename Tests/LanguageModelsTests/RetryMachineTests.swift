import JSON
import LanguageModels
import Programs
import Testing

/// Always draws the same fraction of a range.
private struct ConstantGenerator: RandomNumberGenerator {
    let value: UInt64
    // `Double.random` looks at the lower 53 bits.
    init(fraction: Double) { value = UInt64(fraction * 0x1p53) }
    mutating func next() -> UInt64 { value }
}

@Suite struct RetryMachineTests {
    private func limited(after: Duration? = nil) -> LanguageModelError {
        LanguageModelError(.rateLimited, "slow down", status: 429, retryAfter: after, usage: Usage(attempts: 1))
    }

    private let broken = LanguageModelError(.server, "500", status: 500, usage: Usage(attempts: 1))

    /// Waits until the machine stops, and the error with which it does.
    private func run(
        _ error: LanguageModelError, _ policy: RetryPolicy = RetryPolicy(), fraction: Double = 0.5
    ) -> (waits: [Duration], failure: LanguageModelError?) {
        var machine = RetryMachine(policy: policy)
        var generator = ConstantGenerator(fraction: fraction)
        var waits: [Duration] = []
        for _ in 0..<1000 {
            switch machine.failed(error, using: &generator) {
            case .wait(let delay): waits.append(delay)
            case .fail(let error): return (waits, error)
            }
        }
        return (waits, nil)
    }

    @Test func backsOffExponentially() {
        let (waits, failure) = run(broken)
        #expect(waits == [.milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2)])
        #expect(failure?.kind == .server)
        #expect(failure?.usage == Usage(attempts: 5))
        #expect(failure?.message == "500 (after 5 attempts)")
    }

    @Test func jitterSpansTheWholeRange() {
        #expect(run(broken, fraction: 0).waits.allSatisfy { $0 == .zero })
        let waits = run(limited(), fraction: 0.999).waits
        #expect(waits.count == 11)
        #expect(waits.allSatisfy { $0 <= .seconds(60) })
        #expect(waits.last.map { $0 > .seconds(59) } == true)
    }

    @Test func rateLimitsHaveABoundOfTheirOwn() {
        let (waits, failure) = run(limited())
        #expect(waits.count == 11)
        #expect(failure?.usage.attempts == 12)
    }

    @Test func mixedFailuresKeepBothBounds() {
        var machine = RetryMachine(policy: RetryPolicy())
        var generator = ConstantGenerator(fraction: 0.5)
        var sent = 0
        var isOver = false
        while !isOver, sent < 100 {
            sent += 1
            if case .fail = machine.failed(sent % 4 == 0 ? broken : limited(), using: &generator) { isOver = true }
        }
        #expect(sent == 12)
        #expect(machine.usage.attempts == 12)
    }

    @Test func retryAfterIsHonoured() {
        let waits = run(limited(after: .seconds(7)), fraction: 0).waits
        #expect(waits.allSatisfy { $0 == .seconds(7) })
        let jittered = run(limited(after: .seconds(7)), fraction: 0.999).waits
        #expect(jittered.allSatisfy { $0 > .seconds(7) && $0 < .seconds(8) })
    }

    @Test func retryAfterHasACeiling() {
        let waits = run(limited(after: .seconds(3600)), fraction: 0.999).waits
        #expect(waits.allSatisfy { $0 >= .seconds(60) && $0 <= .seconds(61) })
    }

    @Test(arguments: LanguageModelError.Kind.allCases) func onlyRetryableFailuresAreRepeated(_ kind: LanguageModelError.Kind) {
        let error = LanguageModelError(kind, "no", usage: Usage(attempts: 1))
        let (waits, failure) = run(error)
        #expect(waits.isEmpty == !error.isRetryable)
        #expect(failure?.kind == kind)
        // What nobody can mend by waiting is never an infrastructure fault that would be retried elsewhere for ever.
        if error.isRetryable { #expect(error.fault == .infrastructure) }
    }

    @Test func failuresCostWhatTheyCost() {
        var machine = RetryMachine(policy: RetryPolicy())
        var generator = ConstantGenerator(fraction: 0)
        let malformed = LanguageModelError(.malformedResponse, "?", usage: Usage(calls: 1, attempts: 1, promptTokens: 9))
        _ = machine.failed(malformed, using: &generator)
        _ = machine.failed(limited(), using: &generator)
        #expect(machine.usage == Usage(calls: 1, attempts: 2, promptTokens: 9))
        #expect(machine.cancelled().usage == machine.usage)
    }

    @Test func usageTravelsAsJSON() {
        let usage = Usage(calls: 1, attempts: 2, cached: 3, promptTokens: 4, completionTokens: 5)
        #expect(
            usage.json.serialized() == #"{"calls":1,"attempts":2,"cached":3,"prompt_tokens":4,"completion_tokens":5}"#)
        #expect(Usage(json: usage.json) == usage)
        #expect(Usage(json: ["calls": 1]) == nil)
    }
}
