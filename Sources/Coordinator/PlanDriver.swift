internal import Optimizers

/// Numbers a plan's decisions, remembers those that are not told yet, and repeats a recorded stop where it was made. A value
/// without I/O.
struct PlanDriver: Sendable {
    enum Step: Sendable {
        case issue(Int, Decision)
        case await(Int, Decision)
        case finish(PlanResult)
    }

    /// A stop from outside as it is recorded: the one thing in a plan that does not follow from outcomes.
    struct Stop: Sendable, Hashable {
        var reason: FinishReason
        /// The decision that records it.
        var number: Int
        /// How many outcomes were told before.
        var told: Int
    }

    private var plan: any Plan
    private let recordedStop: Stop?
    /// How many decisions were made.
    private(set) var issued = 0
    private var told = 0
    private var open: [Int: Decision] = [:]
    private var awaited: Int?

    init(plan: any Plan, recordedStop: Stop? = nil) {
        self.plan = plan
        self.recordedStop = recordedStop
    }

    mutating func next() -> Step {
        if awaited == nil, let stop = recordedStop, stop.number == issued, stop.told == told { plan.stop(stop.reason) }
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
        told += 1
        plan.tell(outcome)
    }

    /// Ends the search from outside; to be called where no outcome is awaited.
    mutating func stop(_ reason: FinishReason) {
        precondition(awaited == nil, "a plan is stopped between outcomes")
        plan.stop(reason)
    }

    /// How many runs of the program would still be needed if the search ended now.
    var runsToEnd: Int { plan.examplesToEnd }
    /// Of the decisions of a stage that were made and not told the first, with its number.
    func oldestOpen(of stage: Stage) -> (Int, Decision)? {
        open.filter { $0.value.stage == stage }.min { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
    /// Decisions that were made and not told.
    var pending: [Decision] { open.sorted { $0.key < $1.key }.map(\.value) }
    var beliefs: [TrialBelief] { plan.beliefs }
    var width: Int? { plan.width }
}
