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

    /// Refuses a budget in USD that could not be kept.
    func check(_ study: Study) throws {
        guard study.budget?.usd != nil else { return }
        if study.optimizer?.kind.trainsModels == true {
            throw CommandFailure(
                .badInput, "budget.usd: what training a model costs is not known here; use lm_calls, tokens or wall instead")
        }
        for role in study.calledRoles {
            guard let spec = study.models[role] else { continue }
            let completion = role == .embedding ? 0 : 1
            let probe = RoleUsage(role: role.rawValue, calls: 1, promptTokens: 1, completionTokens: completion)
            guard cost(study, probe) == nil else { continue }
            throw CommandFailure(
                .badInput,
                "budget.usd: no price is known for \(spec.model) (lm.\(role.rawValue)); put it into the file of prices (NIGHTSHIFT_PRICES names it, else it is ~/.config/nightshift/prices.json), as {\"\(spec.model)\": {\"prompt\": USD per million tokens, \"completion\": …}}"
            )
        }
    }
}
