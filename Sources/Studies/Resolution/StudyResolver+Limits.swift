internal import JSON
internal import Optimizers
internal import Programs

extension StudyResolver {
    private static let limitedParts = ["lm_calls", "tokens", "usd"]

    func resolvePriority(_ root: inout Section) -> Int {
        let priority = root.int("priority", atLeast: Study.priorities.lowerBound) ?? Study.defaultPriority
        if priority > Study.priorities.upperBound {
            root.refuse("priority", "must be at most \(Study.priorities.upperBound), found \(priority)")
        }
        return priority
    }

    mutating func resolveBudget(data: Data) -> Budget? {
        let path = JSONPath([.key("budget")])
        guard let value = file.root["budget"], !value.isNull else { return nil }
        var section = Section(value, at: path, keys: Self.limitedParts + ["wall", "roles"])
        let all = Self.limits(&section)
        let wall = section.duration("wall")
        if let calls = all.lmCalls, needs == .compile, let val = data.rows[.val]?.count, data.broken.isEmpty {
            // What StudyPlan needs at least: the baseline and a confirmation, and both programs on the test split.
            let test = data.rows[.test]?.count ?? 0
            let runs = 2 * val + 2 * test
            if calls < runs {
                let parts = "2 × \(val) validation" + (test > 0 ? " and 2 × \(test) test examples" : " examples")
                section.refuse(
                    "lm_calls",
                    "\(calls) is too small: baseline, confirmation and test alone are \(runs) runs of the program (\(parts)), of a call each at least; raise it, or use less data"
                )
            }
        }
        let roles = section["roles"]
        take(section)
        let budget = Budget(all, wall: wall, roles: roles.map { limitsByRole($0, at: path.appending("roles")) } ?? [:])
        return budget == Budget() ? nil : budget
    }

    private static func limits(_ section: inout Section) -> Budget.Limits {
        var limits = Budget.Limits(
            lmCalls: section.int("lm_calls", atLeast: 1), tokens: section.int("tokens", atLeast: 1),
            usd: section.double("usd", in: 0...1e9))
        if limits.usd == 0 {
            section.refuse("usd", "must be more than zero")
            limits.usd = nil
        }
        return limits
    }

    private mutating func limitsByRole(_ value: JSON, at path: JSONPath) -> [Role: Budget.Limits] {
        var section = Section(value, at: path, keys: Role.allCases.map(\.rawValue))
        var limits: [Role: Budget.Limits] = [:]
        for role in Role.allCases {
            guard let value = section[role.rawValue] else { continue }
            var part = Section(value, at: path.appending(role.rawValue), keys: Self.limitedParts)
            limits[role] = Self.limits(&part)
            section.add(part.findings)
        }
        take(section)
        return limits
    }
}
