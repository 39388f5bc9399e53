import Gateway
import LanguageModels
import Programs
import Studies
import Testing

@testable import Nightshift

/// A limit in USD holds for calls of other programs too: what it could not count is refused.
@Suite struct BudgetPriceTests {
    private let spec = ModelSpec(model: "openai/gpt-4o-mini")

    private func refusal(_ budget: Budget, _ role: Role, other: String? = nil) throws -> GatewayError? {
        let other = try other.map { try LanguageModelSettings(model: $0) }
        do {
            try budget.checkPrice(of: role, model: spec, other: other, StudyCost())
            return nil
        } catch let error as GatewayError { return error }
    }

    @Test func whatHasNoPriceIsRefused() throws {
        let priced = Budget(.init(usd: 1), prices: [.task: .init(prompt: 0.15, completion: 0.6)])
        #expect(try refusal(priced, .task) == nil)
        let error = try #require(try refusal(priced, .judge))
        #expect(error.status == 400 && error.code == "price_unknown")
        #expect(error.message.hasPrefix("budget.usd has no price for the role judge: "))
        // Where no limit in USD counts them, calls need no price.
        #expect(try refusal(Budget(.init(tokens: 1000)), .judge) == nil)
        #expect(try refusal(Budget(roles: [.task: .init(usd: 1)], prices: priced.prices), .judge) == nil)
        let own = Budget(roles: [.judge: .init(usd: 1)])
        #expect(try refusal(own, .judge)?.message.hasPrefix("budget.roles.judge.usd ") == true)
    }

    /// A call may name another model, but the ledger counts it as the study's.
    @Test func aDearerModelIsRefused() throws {
        let budget = Budget(.init(usd: 1), prices: [.task: .init(prompt: 0.15, completion: 0.6)])
        #expect(try refusal(budget, .task, other: "openai/gpt-5-nano") == nil)
        #expect(try refusal(budget, .task, other: "openai/gpt-4o")?.message.contains("openai/gpt-4o costs more") == true)
        #expect(
            try refusal(budget, .task, other: "openai/nobody")?.message.contains("no price is known for openai/nobody") == true)
        #expect(try refusal(Budget(.init(lmCalls: 5)), .task, other: "openai/gpt-4o") == nil)
    }
}
