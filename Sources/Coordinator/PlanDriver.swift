internal import Optimizers

/// Numbers a plan's decisions and remembers those that are not told yet. A value without I/O.
struct PlanDriver: Sendable {
    enum Step: Sendable {
        case issue(Int, Decision)
        case await(Int, Decision)
        case finish(PlanResult)
    }

    private var plan: any Plan
    private var issued = 0
    private var open: [Int: Decision] = [:]
    private var awaited: Int?

    init(plan: any Plan) { self.plan = plan }

    mutating func next() -> Step {
        switch plan.next() {
        case .issue(let decision):
            defer { issued += 1 }
            open[issued] = decision
            return .issue(issued, decision)
        case .await(let number):
            guard let decision = open[number] else {
                preconditionFailure("the plan awaits decision \(number), which it has not issued or was told already")
            }
            awaited = number
            return .await(number, decision)
        case .finish(let result): return .finish(result)
        }
    }

    /// The outcome of the decision that was awaited last.
    mutating func tell(_ outcome: Outcome) {
        guard let number = awaited else { preconditionFailure("an outcome that the plan does not await") }
        awaited = nil
        open[number] = nil
        plan.tell(outcome)
    }
}
