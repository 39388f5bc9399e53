internal import JSON
package import Programs

/// Evaluates one given state on one split: `nightshift evaluate`. The state is trial 0.
///
/// The result's estimate is in `bestTest` for the test split, and in `bestVal` for the others.
package struct EvaluationPlan: Plan {
    package static let version = 1

    private let split: Split
    private var record: PlanRecord
    private var isIssued = false

    package init(_ facts: StudyFacts, state: ProgramState, split: Split) {
        self.split = split
        record = PlanRecord(facts: facts)
        _ = record.trial(of: state, params: [:], provenance: "given state")
    }

    package mutating func next() -> PlanStep {
        let block = Array(0..<record.facts.rowCount(of: split))
        if !isIssued, !block.isEmpty {
            isIssued = true
            let stage = split == .test ? Stage.test : .baseline
            let key = split == .test ? "test/t0" : "baseline"
            return .issue(record.evaluate(0, on: split, block: block, key: key, stage: stage))
        }
        if let pending = record.oldestPending() { return .await(pending) }
        return .finish(result)
    }

    package mutating func tell(_ outcome: Outcome) {
        guard let pending = record.oldestPending() else { preconditionFailure("an outcome is told only where one is awaited") }
        record.tell(outcome, of: pending)
    }

    private var result: PlanResult {
        let val = record.estimate(0, on: split == .test ? .val : split)
        let test = split == .test ? record.estimate(0, on: .test) : nil
        return PlanResult(
            finishReason: .trials, bestTrial: 0, baselineVal: val, bestVal: val, baselineTest: test, bestTest: test,
            gainInterval: nil,
            isBaselineJudged: (test ?? val).isComplete)
    }
}
