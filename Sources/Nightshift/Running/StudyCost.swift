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
    /// - Throws: ``CommandFailure`` `.badInput` where a limit in USD could not be kept.
    func priced(_ study: Study) throws -> Study {
        guard var budget = study.budget, budget.limitsMoney else { return study }
        budget.prices = [:]
        for role in Role.allCases {
            let path = budget.roles[role]?.usd != nil ? "budget.roles.\(role.rawValue).usd" : "budget.usd"
            guard budget.all.usd != nil || budget.roles[role]?.usd != nil, let spec = study.models[role],
                study.calledRoles.contains(role)
            else { continue }
            if study.optimizer?.kind.trainsModels == true {
                throw CommandFailure(
                    .badInput, "\(path): what training a model costs is not known here; use lm_calls, tokens or wall instead")
            }
            guard let price = price(role, of: study) else {
                throw CommandFailure(
                    .badInput,
                    """
                    \(path): no price is known for \(spec.model) (lm.\(role.rawValue)); put it into the file of prices \
                    (NIGHTSHIFT_PRICES names it, else it is ~/.config/nightshift/prices.json), \
                    as {"\(spec.model)": {"prompt": USD per million tokens, "completion": …}}
                    """)
            }
            budget.prices[role] = price
        }
        var priced = study
        priced.budget = budget
        return priced
    }

    /// nil where it is not known.
    private func price(_ role: Role, of study: Study) -> Budget.Price? {
        let name = role.rawValue
        guard let prompt = cost(study, RoleUsage(role: name, promptTokens: 1_000_000)) else { return nil }
        if role == .embedding { return Budget.Price(prompt: prompt, completion: 0) }
        return cost(study, RoleUsage(role: name, completionTokens: 1_000_000)).map {
            Budget.Price(prompt: prompt, completion: $0)
        }
    }
}
