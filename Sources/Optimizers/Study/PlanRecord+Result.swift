extension PlanRecord {
    /// What a study found.
    /// - Parameter lateStop: why it was stopped after its search; that counts where rows of what is compared are missing.
    func result(winner: Int, contenders: [Int], reason: FinishReason, lateStop: FinishReason? = nil) -> PlanResult {
        let hasTest = facts.testCount > 0
        let baseline = estimate(0, on: .val)
        let gaps = gaps(winner: winner, contenders)
        return PlanResult(
            finishReason: gaps.isEmpty ? reason : lateStop ?? reason, bestTrial: winner, baselineVal: baseline,
            bestVal: estimate(winner, on: .val),
            baselineTest: hasTest ? estimate(0, on: .test) : nil, bestTest: hasTest ? estimate(winner, on: .test) : nil,
            valGainInterval: gainInterval(winner, on: .val), gainInterval: hasTest ? gainInterval(winner, on: .test) : nil,
            isBaselineJudged: baseline.isComplete, notes: gaps.map(note))
    }

    private func gainInterval(_ winner: Int, on split: Split) -> Interval? {
        let rows = Array(0..<facts.rowCount(of: split))
        let areFractions = [winner, 0].allSatisfy { trials[$0].scores(of: split, in: rows).allSatisfy { 0...1 ~= $0 } }
        return pairedInterval(differences(winner, 0, on: split), areFractions: areFractions)
    }

    /// A trial that lacks scores of some rows on which it is compared.
    private struct Gap {
        var trial: Int
        var split: Split
        var estimate: Estimate
    }

    private func gaps(winner: Int, _ contenders: [Int]) -> [Gap] {
        func gaps(_ trials: [Int], _ split: Split) -> [Gap] {
            let others = trials.filter { $0 != 0 }
            return ([0] + others).map { Gap(trial: $0, split: split, estimate: estimate($0, on: split)) }
                .filter { $0.estimate.examples < facts.rowCount(of: split) }
        }
        return gaps(contenders, .val) + gaps([winner], .test)
    }

    private func note(_ gap: Gap) -> String {
        let (scored, count) = (gap.estimate.examples, facts.rowCount(of: gap.split))
        let name = gap.split == .val ? "validation" : "test"
        if gap.split == .val, !gap.estimate.isComplete {
            let verdict =
                gap.trial == 0 ? "The uncompiled program cannot be judged" : "Trial \(gap.trial) is incomplete and cannot win"
            return "\(verdict): \(scored) of \(count) validation examples were scored."
        }
        let trial = gap.trial == 0 ? "the uncompiled program" : "trial \(gap.trial)"
        return "\(count - scored) of \(count) \(name) examples have no score of \(trial)."
    }
}
