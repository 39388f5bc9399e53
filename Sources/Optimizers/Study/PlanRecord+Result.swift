extension PlanRecord {
    /// What a study found.
    func result(winner: Int, contenders: [Int], reason: FinishReason) -> PlanResult {
        let hasTest = facts.testCount > 0
        let baseline = estimate(0, on: .val)
        return PlanResult(
            finishReason: reason, bestTrial: winner, baselineVal: baseline, bestVal: estimate(winner, on: .val),
            baselineTest: hasTest ? estimate(0, on: .test) : nil, bestTest: hasTest ? estimate(winner, on: .test) : nil,
            valGainInterval: pairedInterval(differences(winner, 0, on: .val)),
            gainInterval: hasTest ? pairedInterval(differences(winner, 0, on: .test)) : nil,
            isBaselineJudged: baseline.isComplete, notes: notes(baseline, contenders))
    }

    private func notes(_ baseline: Estimate, _ contenders: [Int]) -> [String] {
        var notes: [String] = []
        if !baseline.isComplete { notes.append("The uncompiled program cannot be judged: \(scored(baseline)).") }
        for number in contenders {
            let estimate = estimate(number, on: .val)
            if !estimate.isComplete { notes.append("Trial \(number) is incomplete and cannot win: \(scored(estimate)).") }
        }
        return notes
    }

    private func scored(_ estimate: Estimate) -> String {
        "\(estimate.examples) of \(facts.valCount) validation examples were scored"
    }
}
