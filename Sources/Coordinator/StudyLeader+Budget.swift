internal import JSON
internal import Optimizers
internal import Store

/// A budget and whether the search has been stopped.
struct BudgetKeeper {
    var watch: BudgetWatch
    var isOver: Bool
    /// What was said of the limits, so that it is said once.
    var said: Set<String> = []
}

extension StudyLeader {
    /// The plan's next step. Before a decision that is not recorded is made, the plan is looked at with it: where its runs, and what
    /// a study needs to end well after them, would pass the budget, the plan is stopped instead; and so it is before it finishes, where
    /// the budget has refused a unit.
    func next(_ driver: inout PlanDriver, _ budget: inout BudgetKeeper, recorded: Int) async throws -> PlanDriver.Step {
        guard driver.issued >= recorded else { return advance(&driver, &budget) }
        if budget.isOver { return try await end(&driver, &budget) }
        try await budget.watch.look(open: driver.pending)
        while let problem = budget.watch.problem {
            try await pause(because: problem)
            budget.watch.expire()
            try await budget.watch.look(open: driver.pending)
        }
        guard budget.watch.hasBudget else { return advance(&driver, &budget) }
        try await warn(&budget)
        var ahead = driver
        let step = advance(&ahead, &budget)
        // The first candidates are decided at once, but for a budget's sake: it must be known what a run takes.
        if case .issue(_, let decision) = step, decision.stage == .search, budget.watch.isBlind,
            try await waitForBaseline(driver, &budget)
        {
            return try await next(&driver, &budget, recorded: recorded)
        }
        let end: (reason: FinishReason, limit: String)? =
            switch step {
            case .await: nil
            // Behind the search all is wanted: only what was refused is missing, not what a forecast sees no room for.
            case .issue(_, let decision) where !step.isAfterSearch: budget.watch.reason(decision, runsToEnd: ahead.runsToEnd)
            case .issue, .finish: budget.watch.refusal
            }
        if let (reason, limit) = end {
            budget.isOver = true
            driver.stop(reason)
            let step = driver.next()
            log("study \(term.study): \(limit) \(step.isAfterSearch ? "leaves no room for what is left" : "ends the search")")
            return step
        }
        driver = ahead
        return step
    }

    private func advance(_ driver: inout PlanDriver, _ budget: inout BudgetKeeper) -> PlanDriver.Step {
        let step = driver.next()
        budget.watch.note(step)
        return step
    }

    /// - Returns: whether it is known now what a run takes.
    private func waitForBaseline(_ driver: PlanDriver, _ budget: inout BudgetKeeper) async throws -> Bool {
        // It may have been told since the last look.
        budget.watch.expire()
        try await budget.watch.look(open: driver.pending)
        guard budget.watch.isBlind else { return true }
        guard let (number, baseline) = driver.oldestOpen(of: .baseline),
            try await outcome(of: baseline, number: number) != nil
        else { return false }
        try await budget.watch.foresee(from: baseline)
        budget.watch.expire()
        return !budget.watch.isBlind
    }

    /// The next step of a search that is over: what it still takes is told.
    private func end(_ driver: inout PlanDriver, _ budget: inout BudgetKeeper) async throws -> PlanDriver.Step {
        let step = driver.next()
        if case .finish = step { budget.watch.expire() }
        try await budget.watch.look(open: driver.pending)
        try await warn(&budget)
        return step
    }

    /// Says once of every limit that half of it is used up, and four fifths.
    private func warn(_ budget: inout BudgetKeeper) async throws {
        for warning in budget.watch.warnings
        where budget.said.insert("\(warning.limit) \(warning.percent) \(warning.cap)").inserted {
            let data: JSON = ["limit": .string(warning.limit), "percent": .int(warning.percent), "of": .double(warning.cap)]
            guard try await store.warnOfBudget(term, data) else { continue }
            log(
                "study \(term.study): \(warning.percent) % of \(warning.limit) is used: \(warning.used.short) of \(warning.cap.short)"
            )
        }
    }

    /// Pauses the study until somebody resumes it.
    private func pause(because problem: String) async throws {
        try await store.steer(study: term.study, "pause", message: problem)
        while let state = try await store.state(of: term.study), state.state == "paused" {
            let seen = await store.database.notices(on: Store.planChannel)
            await store.database.waitForNotice(on: Store.planChannel, beyond: seen, atMost: configuration.pollCeiling)
            try Task.checkCancellation()
        }
    }
}

extension PlanDriver.Step {
    /// Whether it belongs to the stages behind the search.
    fileprivate var isAfterSearch: Bool {
        switch self {
        case .issue(_, let decision), .await(_, let decision): [.confirm, .test].contains(decision.stage)
        case .finish: true
        }
    }
}

extension Double {
    /// Three decimals of what is no whole number.
    fileprivate var short: String { self == rounded() ? String(Int(self)) : String((self * 1000).rounded() / 1000) }
}

extension DecisionRecord {
    /// nil of any other decision.
    var stop: PlanDriver.Stop? {
        get throws {
            guard let work = body["work"], work["kind"]?.stringValue == "stop",
                case .stop(let reason, let told) = try Work(json: work)
            else { return nil }
            return PlanDriver.Stop(reason: reason, number: number, told: told)
        }
    }
}
