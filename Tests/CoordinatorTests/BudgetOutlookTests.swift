import Optimizers
import Programs
import Studies
import Testing

@testable import Coordinator
@testable import Store

/// What a role has still to do decides whether its limit ends the search.
@Suite struct BudgetOutlookTests {
    private let search = Decision(
        key: "evaluate/t1/b0", stage: .search,
        work: .evaluate(trial: 1, candidate: "a", split: .val, block: [1], fresh: [1], retry: 0))
    private let proposals = Decision(key: "propose/0", stage: .propose, work: .propose([]))
    private let prices: [Role: Budget.Price] = [
        .task: .init(prompt: 0.36, completion: 1.44), .prompt: .init(prompt: 0.36, completion: 1.44),
        .judge: .init(prompt: 0.36, completion: 1.44), .teacher: .init(prompt: 0.36, completion: 1.44),
    ]

    private func account(_ role: Role, calls: Int, prompt: Int, completion: Int, largest: (Int, Int) = (4000, 500))
        -> RoleSpending
    {
        let none = RoleUsage(role: role.rawValue)
        return RoleSpending(
            role: role.rawValue, calls: calls, promptTokens: prompt, completionTokens: completion, uncounted: 0,
            unconfirmed: none,
            reserved: none,
            largest: RoleUsage(role: role.rawValue, calls: 1, promptTokens: largest.0, completionTokens: largest.1))
    }

    /// Thirteen proposals of $0.0042 in all, of which the largest could have been $0.0022; runs take 700 and 40 tokens.
    private func outlook(_ budget: Budget) -> BudgetOutlook {
        var outlook = BudgetOutlook(budget: budget)
        outlook.ledger = [
            account(.prompt, calls: 13, prompt: 8500, completion: 800),
            account(.task, calls: 300, prompt: 210_000, completion: 12_000),
            account(.teacher, calls: 70, prompt: 70_000, completion: 5000),
        ]
        let runs = RoleUsage(role: "task", calls: 300, promptTokens: 210_000, completionTokens: 12_000)
        outlook.spending.tell(
            Decision(
                key: "baseline", stage: .baseline,
                work: .evaluate(trial: 0, candidate: "a", split: .val, block: Array(0..<300), fresh: Array(0..<300), retry: 0)))
        outlook.spending.add([[runs]])
        return outlook
    }

    @Test func aRoleWithNothingLeftToDoNeedsNoRoom() {
        for role in [Role.prompt, .teacher] {
            let outlook = outlook(Budget(roles: [role: .init(usd: role == .prompt ? 0.006 : 0.033)], prices: prices))
            let used = outlook.limits.map(outlook.used)
            #expect(used[0] > 0.7 * outlook.limits[0].cap && used[0] < outlook.limits[0].cap)
            #expect(outlook.passed(by: search, runs: 600) == nil)
        }
        let tokens = outlook(Budget(roles: [.prompt: .init(tokens: 9400)]))
        #expect(tokens.passed(by: search, runs: 600) == nil)
        #expect(tokens.passed(by: proposals, runs: 600) == nil, "the ledger says which call fits")
    }

    @Test func runsNeedRoomForTheirWorstCall() {
        // 600 runs beside the 300 take $0.28 together; the worst case of one more is $0.0019 above its mean.
        let perRun = (700 * 0.36 + 40 * 1.44) / 1e6
        for (role, room, isPassed) in [(Role.task, 0.001, true), (.task, 0.003, false)] {
            let outlook = outlook(Budget(roles: [role: .init(usd: 900 * perRun + room)], prices: prices))
            #expect((outlook.passed(by: search, runs: 600)?.name == "budget.roles.task.usd") == isPassed)
        }
    }

    /// Of the dollars of all, proposals that are decided next need room; those that were made need none.
    @Test func theLimitOfAllCountsWhoIsAskedNext() {
        var dear = prices
        dear[.prompt] = .init(prompt: 3.6, completion: 14.4)
        let used = outlook(Budget(.init(usd: 100), prices: dear))
        let cap = used.used(used.limits[0]) + 0.01
        let outlook = outlook(Budget(.init(usd: cap), prices: dear))
        #expect(outlook.passed(by: search, runs: 10) == nil)
        #expect(outlook.passed(by: proposals, runs: 10)?.name == "budget.usd")
    }

    /// No result tells of calls that a metric's own program makes behind the gateway.
    @Test func aJudgeBehindTheGatewayIsAskedAgain() {
        var outlook = outlook(Budget(roles: [.judge: .init(usd: 0.01)], prices: prices))
        outlook.ledger.append(account(.judge, calls: 300, prompt: 20_000, completion: 1500))
        #expect(outlook.passed(by: search, runs: 10)?.name == "budget.roles.judge.usd")
        #expect(outlook.passed(by: search, runs: 0) == nil)
    }
}
