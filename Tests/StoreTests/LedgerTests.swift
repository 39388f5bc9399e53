import Foundation
import JSON
import Postgres
import Store
import TestSupport
import Testing

/// What is booked, reserved and granted of a budget, by whoever asks.
@Suite struct LedgerTests {
    private struct Book {
        let fixture: StoreFixture
        let id: String
        var store: Store { fixture.store }

        init(_ budget: JSON) async throws {
            fixture = try await StoreFixture.make()
            id = try await fixture.store.spec(of: fixture.study).id
            try await fixture.store.update(study: fixture.study, spec: ["name": "study", "budget": budget])
        }

        func draw(_ role: String = "task", _ change: (inout SpendingDraw) -> Void) -> SpendingDraw {
            var draw = SpendingDraw(study: id, role: role)
            change(&draw)
            return draw
        }

        func say(_ holder: UUID, _ word: Int, _ draws: SpendingDraw..., ttl: Duration = .seconds(60)) async throws
            -> [SpendingAllowance]
        {
            try await store.drawBudget(holder: holder, word: word, draws, ttl: ttl)
        }

        func spending() async throws -> [RoleSpending] { try await store.spending(of: fixture.study) }
    }

    private let wish = ([10, 1000, 500], [1, 100, 50])

    @Test func withoutABudgetAllIsGrantedAndBooked() async throws {
        let book = try await Book(.null)
        let holder = UUID()
        let first = try await book.say(holder, 1, book.draw { ($0.wanted, $0.least) = wish })
        #expect(first.map(\.amount) == [[10, 1000, 500]] && first[0].refusal == nil)
        #expect(try await book.spending()[0].reserved.calls == 10)
        let second = try await book.say(
            holder, 2, book.draw { ($0.spent, $0.held, $0.kept) = ([3, 200, 90], [2, 200, 100], [5, 500, 250]) })
        #expect(second.map(\.amount) == [[0, 0, 0]])
        let spent = try await book.spending()[0]
        #expect(spent.confirmed == RoleUsage(role: "task", calls: 3, promptTokens: 200, completionTokens: 90))
        #expect(spent.reserved == RoleUsage(role: "task", calls: 7, promptTokens: 700, completionTokens: 350))
        try await book.store.leaveBudget(holder: holder, word: 3, [book.draw { $0.spent = [5, 350, 150] }])
        let left = try await book.spending()[0]
        #expect(left.calls == 5 && left.reserved.calls == 0 && left.unconfirmed.calls == 0)
    }

    /// The sum of all that is booked and granted never passes a limit, whoever asks for how much.
    @Test func noLimitIsPassed() async throws {
        let prices: JSON = ["task": ["prompt": 1000, "completion": 2000], "judge": ["prompt": 10, "completion": 10]]
        for budget: JSON in [
            ["lm_calls": 25], ["tokens": 4000], ["usd": 4.5, "prices": prices], ["roles": ["task": ["tokens": 4000]]],
            ["roles": ["task": ["usd": 4.5]], "prices": prices],
        ] {
            let book = try await Book(budget)
            var granted = [0, 0, 0]
            for _ in 0..<12 {
                let answer = try await book.say(UUID(), 1, book.draw { ($0.wanted, $0.least) = wish })
                granted = zip(granted, answer[0].amount).map(+)
            }
            let (calls, tokens) = (granted[0], granted[1] + granted[2])
            let dollars = Double(granted[1]) / 1000 + Double(granted[2]) / 500
            switch budget {
            case ["lm_calls": 25]: #expect(calls <= 25 && calls >= 20, "\(granted)")
            case ["tokens": 4000], ["roles": ["task": ["tokens": 4000]]]: #expect(tokens <= 4000 && tokens > 3600, "\(granted)")
            default: #expect(dollars <= 4.5 && dollars > 4.1, "\(granted)")
            }
            // Others' calls are not limited by what is for one role.
            let judge = try await book.say(UUID(), 1, book.draw("judge") { ($0.wanted, $0.least) = ([1, 10, 5], [1, 10, 5]) })
            #expect((judge[0].amount[0] == 1) == (budget["roles"] != nil || calls < 25 && tokens + 15 <= 4000))
        }
    }

    @Test func aCallWaitsForWhatMayComeBackAndIsRefusedWhenNothingWill() async throws {
        let book = try await Book(["lm_calls": 10])
        let (first, second) = (UUID(), UUID())
        _ = try await book.say(first, 1, book.draw { ($0.wanted, $0.least) = ([5, 500, 250], [1, 100, 50]) })
        _ = try await book.say(
            first, 2, book.draw { ($0.kept, $0.wanted, $0.least) = ([5, 500, 250], [5, 500, 250], [5, 500, 250]) })
        #expect(try await book.spending()[0].reserved.calls == 10)
        let waits = try await book.say(second, 1, book.draw { ($0.wanted, $0.least) = wish })
        #expect(waits[0].amount == [0, 0, 0] && waits[0].refusal == nil)
        _ = try await book.say(first, 3, book.draw { $0.spent = [9, 900, 300] })
        let one = try await book.say(second, 2, book.draw { ($0.wanted, $0.least) = wish })
        #expect(one[0].amount == [1, 100, 50] && one[0].refusal == nil)
        #expect(try await book.store.exhaustedBudget(of: book.fixture.study) == nil)
        let none = try await book.say(
            second, 3, book.draw { ($0.spent, $0.wanted, $0.least) = ([1, 80, 20], [1, 100, 50], [1, 100, 50]) })
        #expect(none[0].amount == [0, 0, 0] && none[0].refusal == "budget.lm_calls")
        // A larger budget makes room again.
        try await book.store.update(study: book.fixture.study, spec: ["name": "study", "budget": ["lm_calls": 12]])
        let more = try await book.say(
            second, 4, book.draw { ($0.spent, $0.wanted, $0.least) = ([1, 80, 20], [1, 100, 50], [1, 100, 50]) })
        #expect(more[0].amount == [1, 100, 50])
    }

    /// It is refused at once, though much is reserved: all of that together would not do. Smaller calls go on.
    @Test func aCallThatCanNeverFitIsRefusedAtOnce() async throws {
        let prices: JSON = ["task": ["prompt": 1000, "completion": 2000], "judge": ["prompt": 10, "completion": 10]]
        for budget: JSON in [["tokens": 10_000], ["usd": 20, "prices": prices], ["roles": ["task": ["tokens": 10_000]]]] {
            let book = try await Book(budget)
            let (worker, gateway) = (UUID(), UUID())
            _ = try await book.say(worker, 1, book.draw { ($0.wanted, $0.least) = ([5, 500, 250], [1, 100, 50]) })
            _ = try await book.say(worker, 2, book.draw { ($0.spent, $0.held) = ([1, 100, 50], [4, 400, 200]) })
            func ask(_ word: Int, _ amount: [Int]) async throws -> SpendingAllowance {
                try await book.say(gateway, word, book.draw { ($0.wanted, $0.least) = (amount.map { $0 * 2 }, amount) })[0]
            }
            let huge = try await ask(1, [1, 100, 100_000])
            #expect(huge.amount == [0, 0, 0] && huge.refusal?.hasPrefix("budget.") == true, "\(huge)")
            let small = try await ask(2, [1, 100, 50])
            #expect(small.amount[0] >= 1 && small.refusal == nil, "\(small)")
            #expect(try await book.store.exhaustedBudget(of: book.fixture.study) == nil, "no unit lacks anything")
        }
    }

    /// What a dead process may have sent counts against the limit.
    @Test func whatTheDeadHeldIsUnconfirmed() async throws {
        let book = try await Book(["lm_calls": 30])
        let dead = UUID()
        _ = try await book.say(dead, 1, book.draw { ($0.wanted, $0.least) = wish })
        _ = try await book.say(
            dead, 2, book.draw { ($0.spent, $0.held, $0.kept) = ([4, 300, 100], [3, 300, 150], [3, 300, 150]) },
            ttl: .milliseconds(1))
        try await Task.sleep(for: .milliseconds(5))
        _ = try await book.store.reap()
        let spent = try await book.spending()[0]
        #expect(
            spent.confirmed.calls == 4
                && spent.unconfirmed == RoleUsage(role: "task", calls: 6, promptTokens: 600, completionTokens: 300))
        #expect(spent.counted.calls == 10 && spent.reserved.calls == 0)
        let events = try await book.store.events(of: book.fixture.study, atMost: 10).filter { $0.kind == "budget.unconfirmed" }
        #expect(events.count == 1 && events[0].data?["calls"] == 6 && events[0].data?["under_way"] == 3)
        let rest = try await book.say(UUID(), 1, book.draw { ($0.wanted, $0.least) = ([40, 40, 40], [1, 1, 1]) })
        #expect(rest[0].amount[0] == 10, "half of the twenty that are left")
        // Who was taken for dead and is not begins anew.
        await #expect { _ = try await book.say(dead, 3, book.draw { _ in }) } throws: {
            ($0 as? StoreError)?.code == .sessionLost
        }
    }

    @Test func aProcessThatWasSeenDeadIsSettledAtOnce() async throws {
        let book = try await Book(.null)
        _ = try await book.say(UUID(), 1, book.draw { ($0.wanted, $0.least) = wish })
        let process = ProcessIdentity.current
        try await book.store.endProcesses(host: "another host", [process.pid])
        #expect(try await book.spending()[0].unconfirmed.calls == 0)
        try await book.store.endProcesses(host: process.host, [process.pid])
        #expect(try await book.spending()[0].unconfirmed.calls == 10)
    }

    @Test func aWordThatComesLateIsNotHeard() async throws {
        let book = try await Book(.null)
        let holder = UUID()
        _ = try await book.say(holder, 1, book.draw { $0.spent = [1, 1, 1] })
        _ = try await book.say(holder, 3, book.draw { $0.spent = [3, 3, 3] })
        _ = try? await book.say(holder, 2, book.draw { $0.spent = [2, 2, 2] })
        #expect(try await book.spending()[0].calls == 3)
    }

    @Test func manyDrawAtOnce() async throws {
        let book = try await Book(["lm_calls": 200])
        let url = book.fixture.url
        let spent = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    let store = Store(try Database(address: PostgresAddress(url: url), patience: .none))
                    let holder = UUID()
                    var (total, word) = (0, 0)
                    while true {
                        word += 1
                        let draw = book.draw { ($0.spent, $0.wanted, $0.least) = ([total, 0, 0], [7, 0, 0], [1, 0, 0]) }
                        let answer = try await store.drawBudget(holder: holder, word: word, [draw], ttl: .seconds(60))
                        if answer[0].refusal != nil { break }
                        total += answer[0].amount[0]
                    }
                    await store.database.close()
                    return total
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(spent == 200)
        #expect(try await book.spending()[0].calls == 200)
    }

    /// Processes that book of several studies, leave and are settled at the same time never wait for each other in a circle.
    @Test func nobodyLocksLedgersAgainstTheOrder() async throws {
        let fixture = try await StoreFixture.make()
        var ids: [String] = []
        for number in 0..<4 {
            let study = try await StoreFixture.submit(to: fixture.store, name: "study \(number)")
            ids.append(try await fixture.store.spec(of: study).id)
        }
        let studies = ids
        try await withThrowingTaskGroup(of: Void.self) { group in
            for process in 0..<8 {
                group.addTask {
                    let store = Store(try Database(address: PostgresAddress(url: fixture.url), patience: .none))
                    func draws(_ numbers: [Int]) -> [SpendingDraw] {
                        numbers.map { SpendingDraw(study: studies[$0], role: "task", wanted: [1, 1, 1], least: [1, 1, 1]) }
                    }
                    for round in 0..<25 {
                        let (holder, first) = (UUID(), (process + round) % 4)
                        // Settled by whoever comes first: the time is up at once.
                        let ttl: Duration = round % 3 == 0 ? .zero : .seconds(60)
                        for (word, study) in [first, (first + 3) % 4, (first + 1) % 4].enumerated() {
                            _ = try? await store.drawBudget(holder: holder, word: word + 1, draws([study]), ttl: ttl)
                        }
                        if round % 3 == 1 {
                            _ = try await store.leaveBudget(holder: holder, word: 9, draws([(first + 2) % 4, first]))
                        }
                        if round % 3 == 2 { _ = try await store.reap() }
                    }
                    await store.database.close()
                }
            }
            try await group.waitForAll()
        }
        try await fixture.run("SELECT pg_stat_force_next_flush()")
        #expect(try await fixture.text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == "0")
    }

    /// A unit that the budget leaves no room for is not tried again, and ends the search.
    @Test func unitsWithoutRoomAreSetAside() async throws {
        let fixture = try await StoreFixture.make(units: 3)
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        func fail(_ unit: LeasedUnit, isByBudget: Bool) async throws {
            try await fixture.store.fail(
                session: session, unit: unit.id, attempt: unit.attempt, error: "budget.usd leaves no room for a call",
                delay: .zero,
                isByBudget: isByBudget)
        }
        try await fail(units[0], isByBudget: true)
        #expect(try await fixture.store.isComplete(study: fixture.study, decision: 0) == false)
        _ = try await fixture.database.call(
            "UPDATE nightshift.ledger SET refused = 'budget.usd', reason = 'budget_usd' WHERE study_id = $1",
            [.int(fixture.study)])
        // No longer its own.
        try await fail(units[0], isByBudget: true)
        #expect(try await fixture.store.exhaustedBudget(of: fixture.study) == nil)
        try await fail(units[1], isByBudget: true)
        let exhausted = try #require(try await fixture.store.exhaustedBudget(of: fixture.study))
        #expect(exhausted.limit == "budget.usd" && exhausted.reason == "budget_usd")
        // Another failure is one like any other, whatever it says.
        try await fail(units[2], isByBudget: false)
        let again = try await fixture.lease(session)
        #expect(again.allSatisfy { $0.id != units[1].id })
        let results = try await fixture.store.results(
            study: fixture.study, candidate: StoreFixture.candidate, split: "val", rollout: 0, examples: [0, 1, 2],
            withDetails: false)
        #expect(results.map(\.outcome) == ["infrastructure_error"])
    }

    @Test func aWarningIsRecordedOnce() async throws {
        let fixture = try await StoreFixture.make()
        #expect(try await fixture.store.warnOfBudget(fixture.term, ["limit": "budget.usd", "percent": 50, "of": 1.5]))
        #expect(try await fixture.store.warnOfBudget(fixture.term, ["limit": "budget.usd", "percent": 50, "of": 1.5]) == false)
        #expect(try await fixture.store.warnOfBudget(fixture.term, ["limit": "budget.usd", "percent": 80, "of": 1.5]))
    }
}
