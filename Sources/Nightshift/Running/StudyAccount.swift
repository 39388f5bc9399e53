internal import JSON
internal import Programs
internal import Store
internal import Studies

/// What a study has spent, as the ledger has it, with what that costs.
struct StudyAccount {
    private let spending: [RoleSpending]
    private let cost: (RoleUsage) -> Double?

    init(_ record: StudyRecord, in store: Store) async throws {
        spending = try await store.spending(of: record.number)
        let (study, prices) = (try Study(json: record.spec), try StudyCost())
        let kept = study.budget?.prices ?? [:]
        // What the budget was set with, so that its parts add up.
        cost = { usage in
            if let price = Role(rawValue: usage.role).flatMap({ kept[$0] }) {
                return (Double(usage.promptTokens) * price.prompt + Double(usage.completionTokens) * price.completion) / 1_000_000
            }
            return prices.cost(study, usage)
        }
    }

    /// As a part of what `compile --json` prints.
    var document: JSON { ["used": json(\.confirmed), "unconfirmed": json(\.unconfirmed), "roles": roles] }

    /// `{"lm_calls", "tokens", "usd"}` of all roles; usd is null where tokens were used whose price is not known.
    func json(_ part: KeyPath<RoleSpending, RoleUsage>) -> JSON { json(of: spending.map { $0[keyPath: part] }) }

    /// The same by role: `{"task": {"used", "unconfirmed", "reserved"}}`.
    var roles: JSON {
        .object(JSONObject(spending.map { ($0.role, parts(of: [$0])) }))
    }

    /// Of one role, whether it has spent something or not.
    func of(_ role: Role) -> JSON { parts(of: spending.filter { $0.role == role.rawValue }) }

    private func parts(of spending: [RoleSpending]) -> JSON {
        [
            "used": json(of: spending.map(\.confirmed)), "unconfirmed": json(of: spending.map(\.unconfirmed)),
            "reserved": json(of: spending.map(\.reserved)),
        ]
    }

    private func json(of usage: [RoleUsage]) -> JSON {
        let costs = usage.map { $0.tokens == 0 ? ($0.calls == 0 ? 0 : nil) : cost($0) }
        let usd = costs.reduce(0 as Double?) { sum, cost in sum.flatMap { sum in cost.map { sum + $0 } } }
        return [
            "lm_calls": .int(usage.reduce(0) { $0 + $1.calls }), "tokens": .int(usage.reduce(0) { $0 + $1.tokens }),
            "usd": usd.map(JSON.double) ?? .null,
        ]
    }
}
