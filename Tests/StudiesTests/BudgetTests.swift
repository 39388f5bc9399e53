import JSON
import Programs
import Testing

@testable import Studies

@Suite struct BudgetTests {
    private func resolve(_ budget: String, _ edits: [(String, String)] = []) throws -> Study {
        var text = goodStudy + "\n" + budget + "\n"
        for (find, replacement) in edits { text = text.replacing(find, with: replacement, maxReplacements: 1) }
        return try TemporaryStudy(["study.yaml": text]).resolve().study
    }

    @Test func isReadAndStoredAndNoPartOfThePlan() throws {
        let study = try resolve("budget: {lm_calls: 20000, tokens: 3000000, usd: 15, wall: 9h30m}")
        #expect(study.budget == Budget(.init(lmCalls: 20000, tokens: 3_000_000, usd: 15), wall: .seconds(34200)))
        #expect(try Study(json: study.json).budget == study.budget)
        let other = try resolve("budget: {lm_calls: 20001}")
        let none = try resolve("")
        #expect(none.budget == nil && none.json["budget"] == nil)
        for changed in [other, none] {
            #expect(changed.fingerprint == study.fingerprint)
            #expect(try changed.changedKeys(from: study.json) == [])
        }
    }

    @Test func rolesHaveLimitsOfTheirOwn() throws {
        var study = try resolve("budget: {usd: 15, roles: {judge: {usd: 2, lm_calls: 100}, prompt: {tokens: 5000}}}")
        #expect(
            study.budget == Budget(.init(usd: 15), roles: [.judge: .init(lmCalls: 100, usd: 2), .prompt: .init(tokens: 5000)]))
        study.budget?.prices = [.judge: .init(prompt: 0.15, completion: 0.6)]
        #expect(try Study(json: study.json).budget == study.budget)
        for (wrong, message) in [
            ("{judges: {usd: 2}}", "judges"), ("{judge: {usd: 0}}", "more than zero"), ("{judge: {wall: 9h}}", "wall"),
        ] {
            #expect { try resolve("budget: {roles: \(wrong)}") } throws: { "\($0)".contains(message) }
        }
    }

    @Test func aLimitInDollarsCountsEveryRoleOrOne() {
        let one = Budget(roles: [.judge: .init(usd: 2), .prompt: .init(tokens: 5000)])
        #expect(Role.allCases.map(one.moneyLimit(of:)) == [nil, nil, nil, "budget.roles.judge.usd", nil])
        let both = Budget(.init(usd: 15), roles: [.judge: .init(usd: 2)])
        #expect(both.moneyLimit(of: .judge) == "budget.roles.judge.usd" && both.moneyLimit(of: .teacher) == "budget.usd")
    }

    @Test func theCacheMayBeLeftAndIsNoPartOfThePlan() throws {
        let study = try resolve("")
        #expect(Role.allCases.allSatisfy { study.models[$0]?.usesCache != false })
        let without = try resolve("cache: false")
        let oneRole = try resolve("", [("prompt: {", "prompt: {cache: false, ")])
        #expect(Role.allCases.allSatisfy { without.models[$0]?.usesCache != true })
        #expect(oneRole.models.task.usesCache && !oneRole.models.prompt.usesCache)
        for changed in [without, oneRole] {
            #expect(changed.fingerprint == study.fingerprint)
            #expect(try Study(json: changed.json).models == changed.models)
            #expect(try changed.changedKeys(from: study.json) == [])
        }
    }

    @Test func limitsAreReadAndStoredAndNoPartOfThePlan() throws {
        let study = try resolve("")
        let limited = try resolve(
            "", [("prompt: {", "prompt: {requests_per_minute: 90.5, tokens_per_minute: 200000, concurrency: 8, ")])
        #expect(limited.models.prompt.requestsPerMinute == 90.5 && limited.models.prompt.tokensPerMinute == 200_000)
        #expect(limited.models.prompt.concurrency == 8 && limited.models.task.concurrency == nil)
        #expect(try Study(json: limited.json).models == limited.models)
        #expect(limited.fingerprint == study.fingerprint)
        #expect(try limited.changedKeys(from: study.json) == [])
    }

    /// What candidates consist of makes the signature, not what is said in them.
    @Test func theSignatureIsThatOfThePredictors() throws {
        let study = try resolve("")
        #expect(study.signature.count == 64)
        #expect(try resolve("", [("seed: 9", "seed: 10")]).signature == study.signature)
        #expect(try resolve("", [("auto: light", "auto: heavy")]).signature == study.signature)
        #expect(try resolve("", [("labels.json", "['card', cash, transfer, other]")]).signature != study.signature)
    }
}
