import Programs
import Testing

@testable import LanguageModels

@Suite struct SpendingAccountTests {
    private let call = CallAmount(calls: 1, promptTokens: 100, completionTokens: 50)

    /// An account that can be looked at and changed within one expectation.
    private final class Account {
        var value = SpendingAccount<String>()
        var spent: CallAmount { value.spent }
        var unconfirmed: CallAmount { value.unconfirmed }
        var held: CallAmount { value.held }
        var free: CallAmount { value.free }

        /// - Parameter calls: how many the allowance is for.
        init(_ calls: Int) {
            _ = value.granted(CallAmount(calls: calls, promptTokens: calls * 100, completionTokens: calls * 50))
        }

        func reserve(_ amount: CallAmount) -> Bool { value.reserve(amount) }
        func ended(_ amount: CallAmount, _ ending: SpendingAccount<String>.Ending) { value.ended(amount, ending) }
        func wait(_ id: UInt64, _ amount: CallAmount, _ waiter: String) { value.wait(id, amount, waiter) }
        func leave(_ id: UInt64) -> String? { value.leave(id) }
        func word(at now: Double) -> SpendingWord.Figures? { value.word(at: now) }
        func granted(_ amount: CallAmount) -> [String] { value.granted(amount) }
        func refused() -> [String] { value.refused() }
    }

    @Test func aCallTakesItsWorstCaseAndGivesBackTheRest() {
        let account = Account(2)
        #expect(account.reserve(call) && account.reserve(call) && !account.reserve(call))
        #expect(account.held == CallAmount(calls: 2, promptTokens: 200, completionTokens: 100) && account.free == .zero)
        account.ended(call, .answered(tokens: (prompt: 60, completion: 50)))
        #expect(account.spent == CallAmount(calls: 1, promptTokens: 60, completionTokens: 50))
        #expect(account.free == CallAmount(calls: 0, promptTokens: 40, completionTokens: 0))
        account.ended(call, .unbilled)
        #expect(account.held == .zero && account.free == CallAmount(calls: 1, promptTokens: 140, completionTokens: 50))
    }

    /// More than was reserved is spent all the same.
    @Test func anAnswerBeyondItsWorstCaseIsBooked() {
        let account = Account(1)
        #expect(account.reserve(call))
        account.ended(call, .answered(tokens: (prompt: 100, completion: 80)))
        #expect(account.spent.completionTokens == 80 && account.free == .zero && account.held == .zero)
    }

    @Test func whatNobodyKnowsIsUnconfirmed() {
        let account = Account(2)
        #expect(account.reserve(call) && account.reserve(call))
        account.ended(call, .unknown)
        #expect(account.unconfirmed == call && account.spent == .zero && account.free == .zero)
        account.ended(call, .answered(tokens: nil))
        #expect(account.spent == CallAmount(calls: 1) && account.value.uncounted == 1)
        #expect(account.unconfirmed == CallAmount(calls: 1, promptTokens: 200, completionTokens: 100))
    }

    @Test func thoseWhoWaitGoInTheirOrder() throws {
        let account = Account(0)
        account.wait(1, call, "first")
        account.wait(2, CallAmount(calls: 1, promptTokens: 10, completionTokens: 5), "second")
        account.wait(3, call, "third")
        #expect(!account.reserve(call))
        let word = try #require(account.word(at: 1))
        #expect(word.least == call && word.wanted.calls >= 3 && word.kept == .zero)
        #expect(account.granted(CallAmount(calls: 2, promptTokens: 120, completionTokens: 60)) == ["first", "second"])
        #expect(account.leave(3) == "third" && account.leave(3) == nil)
        #expect(account.refused() == [])
    }

    /// A call that is too large for what there is holds up nobody: smaller ones pass it, and each is asked for in turn.
    @Test func whatIsTooLargeHoldsUpNobody() throws {
        let account = Account(0)
        let huge = CallAmount(calls: 1, promptTokens: 100, completionTokens: 9000)
        account.wait(1, huge, "huge")
        account.wait(2, call, "small")
        account.wait(3, huge + huge, "huger")
        #expect(account.word(at: 1)?.least == huge)
        #expect(account.granted(.zero) == [])
        #expect(account.word(at: 2)?.least == call)
        #expect(account.granted(call + call) == ["small"])
        #expect(account.reserve(call), "who comes passes those that there is not enough for")
        #expect(account.value.largest == call, "what was not let pass is nothing to make room for")
        let asked = try #require(account.word(at: 3)?.least)
        #expect(asked == huge + huge && account.refused() == ["huger"], "the smaller one may still have room")
        #expect(account.word(at: 4)?.least == huge && account.refused() == ["huge"])
    }

    /// What has no room for a call has none for those that want as much in every respect.
    @Test func whoWantsAsMuchIsRefusedToo() {
        let account = Account(0)
        let long = CallAmount(calls: 1, promptTokens: 5000, completionTokens: 10)
        account.wait(1, call, "first")
        account.wait(2, long, "long")
        account.wait(3, call + call, "more")
        _ = account.word(at: 1)
        #expect(account.refused() == ["first", "more"])
        #expect(account.value.waiting.map(\.waiter) == ["long"])
    }

    /// A remainder that serves no call is given back, or it would keep others from theirs.
    @Test func whoWaitsKeepsNothing() throws {
        let account = Account(1)
        account.wait(1, CallAmount(calls: 1, promptTokens: 500, completionTokens: 50), "long")
        let word = try #require(account.word(at: 1))
        #expect(word.kept == .zero && account.free == .zero && word.wanted.promptTokens >= 500)
        #expect(account.refused() == ["long"])
        #expect(account.value.waiting.isEmpty)
    }

    /// The allowance is for a moment: what is not likely to be needed goes back.
    @Test func theAllowanceFollowsTheDemand() throws {
        let account = Account(100)
        for _ in 0..<10 { #expect(account.reserve(call)) }
        let busy = try #require(account.word(at: 10))
        #expect(busy.held.calls == 10 && busy.kept.calls == 10 && busy.wanted == .zero)
        let idle = try #require(account.word(at: 10.5))
        #expect(idle.kept == .zero && idle.held.calls == 10)
        for _ in 0..<10 { account.ended(call, .answered(tokens: (prompt: 1, completion: 1))) }
        #expect(account.word(at: 11)?.held == .zero)
        #expect(account.word(at: 11.5) == nil || account.free != .zero)
    }

    @Test func afterALossItBeginsAnew() {
        let account = Account(3)
        #expect(account.reserve(call))
        account.wait(1, CallAmount(calls: 9), "waits")
        account.value.lost()
        #expect(account.held == .zero && account.free == .zero && account.spent == .zero && account.value.waiting.count == 1)
        #expect(account.granted(CallAmount(calls: 9)) == ["waits"])
    }
}

@Suite struct CallLedgerTests {
    private let origin = CallOrigin(study: "s", role: .task)
    private let call = CallAmount(calls: 1, promptTokens: 10, completionTokens: 5)

    @Test(.timeLimit(.minutes(1))) func aCallWaitsForItsGrant() async throws {
        let ledger = CallLedger()
        let waiting = Task { try await ledger.reserve(call, for: origin) }
        while !ledger.isAwaited { await Task.yield() }
        #expect(ledger.words().map(\.figures.least) == [call])
        ledger.apply([SpendingGrant(origin: origin, amount: call, refusal: nil)])
        let reservation = try await waiting.value
        #expect(ledger.words().map(\.figures.held) == [call])
        ledger.answered(reservation, tokens: (prompt: 7, completion: 2))
        #expect(ledger.words().map(\.figures.spent) == [CallAmount(calls: 1, promptTokens: 7, completionTokens: 2)])
        #expect(ledger.words(isLast: true).allSatisfy { $0.figures.kept == .zero })
    }

    @Test(.timeLimit(.minutes(1))) func whereThereIsNoRoomTheCallIsRefused() async throws {
        let (ledger, counts) = (CallLedger(), Counts())
        let waiting = Task { () -> LanguageModelError? in
            do { _ = try await counts.during { try await ledger.reserve(call, for: origin) } } catch {
                return error as? LanguageModelError
            }
            return nil
        }
        while !ledger.isAwaited { await Task.yield() }
        ledger.apply([SpendingGrant(origin: origin, amount: .zero, refusal: "budget.usd")])
        let error = try #require(await waiting.value)
        #expect(error.kind == .budget && !error.isRetryable && error.message.contains("budget.usd"))
        #expect(counts["nightshift_lm_budget_refusals_total"] == 1)
        #expect(counts["nightshift_lm_wait_seconds_count{for=\"ledger\"}"] == 1)
    }

    @Test(.timeLimit(.minutes(1))) func aCancelledCallLeaves() async throws {
        let ledger = CallLedger()
        let waiting = Task { try await ledger.reserve(call, for: origin) }
        while !ledger.isAwaited { await Task.yield() }
        waiting.cancel()
        await #expect(throws: LanguageModelError.self) { _ = try await waiting.value }
        #expect(!ledger.isAwaited)
    }

    /// What was booked as spent is not booked again when its answer comes.
    @Test(.timeLimit(.minutes(1))) func anAnswerAfterALossIsNotBookedTwice() async throws {
        let ledger = CallLedger()
        let waiting = Task { try await ledger.reserve(call, for: origin) }
        while !ledger.isAwaited { await Task.yield() }
        ledger.apply([SpendingGrant(origin: origin, amount: call, refusal: nil)])
        let reservation = try await waiting.value
        ledger.lost()
        ledger.answered(reservation, tokens: (prompt: 7, completion: 2))
        #expect(ledger.words().allSatisfy { $0.figures.spent == .zero && $0.figures.held == .zero })
    }
}
