internal import Gateway
internal import LanguageModels
internal import Programs
internal import Studies

extension Budget {
    /// Refuses a call that no limit in USD could count: the ledger takes what has no price for nothing, and every call of a role for
    /// one of the model that the study names.
    /// - Parameters:
    ///   - model: the study's for that role.
    ///   - other: another that the call names.
    ///   - cost: nil where the file of prices cannot be read.
    func checkPrice(
        of role: Role, model: ModelSpec, other: LanguageModelSettings?, _ cost: StudyCost?
    ) throws(GatewayError) {
        guard let limit = moneyLimit(of: role) else { return }
        guard let price = prices[role] else {
            throw Self.refusal(
                "\(limit) has no price for the role \(role.rawValue): where the file of prices knows \(model.model), set the budget "
                    + "again with nightshift budget; else \(StudyCost.unpriced(model.model, role))")
        }
        guard let other else { return }
        let known = cost?.price(other, isEmbedding: role == .embedding)
        guard let known, known.prompt <= price.prompt, known.completion <= price.completion else {
            let reason = known == nil ? "and no price is known for \(other.fullName)" : "and \(other.fullName) costs more"
            throw Self.refusal(
                "\(limit) counts calls for the role \(role.rawValue) at the price of \(model.model), \(reason): "
                    + "ask for '\(role.rawValue)', or let the study name the model as lm.\(role.rawValue)")
        }
    }

    /// Not to be tried again: another attempt would have no price either.
    private static func refusal(_ message: String) -> GatewayError { GatewayError(400, message, code: "price_unknown") }
}
