internal import LanguageModels
internal import Optimizers
internal import Programs
internal import Store
internal import Studies

/// What a study's calls cost.
struct StudyCost: Sendable {
    private let prices: PriceTable

    /// - Throws: ``CommandFailure`` `.badInput` where the user's file of prices is wrong.
    init() throws { prices = try StudyOutcome.prices() }

    /// In USD; nil where a price is not known.
    func cost(_ study: Study, _ usage: RoleUsage) -> Double? {
        // Training and the models that it makes have prices of their own, and what they took is not told apart.
        if study.optimizer?.kind.trainsModels == true { return nil }
        guard let spec = Role(rawValue: usage.role).flatMap({ study.models[$0] }), let settings = try? LanguageModelSettings(spec)
        else { return nil }
        return prices.cost(settings, Usage(promptTokens: usage.promptTokens, completionTokens: usage.completionTokens))
    }

    /// The study with the prices that its budget is kept by; the study as it is where no money is limited.
    ///
    /// Programs behind a gateway may call for any role that has a model, whatever the study itself calls: the ledger counts what
    /// has no price as nothing. So every such role is priced; of one that nobody limits and the study does not call, the price may
    /// be unknown, and the gateway refuses its calls.
    /// - Throws: ``CommandFailure`` `.badInput` where a limit in USD could not be kept.
    func priced(_ study: Study) throws -> Study {
        guard var budget = study.budget, budget.limitsMoney else { return study }
        budget.prices = [:]
        for role in Role.allCases {
            guard let path = budget.moneyLimit(of: role), let spec = study.models[role] else { continue }
            budget.prices[role] = price(role, of: study)
            guard study.calledRoles.contains(role) || budget.roles[role]?.usd != nil else { continue }
            if study.optimizer?.kind.trainsModels == true {
                throw CommandFailure(
                    .badInput, "\(path): what training a model costs is not known here; use lm_calls, tokens or wall instead")
            }
            guard budget.prices[role] != nil else {
                throw CommandFailure(.badInput, "\(path): \(Self.unpriced(spec.model, role))")
            }
        }
        var priced = study
        priced.budget = budget
        return priced
    }

    /// That a model has no price, and what is to be done about it.
    static func unpriced(_ model: String, _ role: Role) -> String {
        """
        no price is known for \(model) (lm.\(role.rawValue)); put it into the file of prices \
        (NIGHTSHIFT_PRICES names it, else it is ~/.config/nightshift/prices.json), \
        as {"\(model)": {"prompt": USD per million tokens, "completion": …}}
        """
    }

    /// nil where it is not known.
    private func price(_ role: Role, of study: Study) -> Budget.Price? {
        if study.optimizer?.kind.trainsModels == true { return nil }
        return study.models[role].flatMap { try? LanguageModelSettings($0) }.flatMap {
            price($0, isEmbedding: role == .embedding)
        }
    }

    /// nil where it is not known.
    /// - Parameter isEmbedding: whether an answer has no tokens of its own, as a rule.
    func price(_ settings: LanguageModelSettings, isEmbedding: Bool = false) -> Budget.Price? {
        guard let prompt = prices.cost(settings, Usage(promptTokens: 1_000_000)) else { return nil }
        let completion = prices.cost(settings, Usage(completionTokens: 1_000_000)) ?? (isEmbedding ? 0 : nil)
        return completion.map { Budget.Price(prompt: prompt, completion: $0) }
    }
}
