internal import JSON
internal import Optimizers

extension StudyResolver {
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
        var section = Section(value, at: path, keys: ["lm_calls", "tokens", "usd", "wall"])
        var budget = Budget(
            lmCalls: section.int("lm_calls", atLeast: 1), tokens: section.int("tokens", atLeast: 1),
            usd: section.double("usd", in: 0...1e9), wall: section.duration("wall"))
        if budget.usd == 0 {
            section.refuse("usd", "must be more than zero")
            budget.usd = nil
        }
        if let calls = budget.lmCalls, needs == .compile, let val = data.rows[.val]?.count, data.broken.isEmpty {
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
        take(section)
        return budget == Budget() ? nil : budget
    }
}
