internal import Store

/// Where a study stands at one moment.
struct StudySnapshot: Sendable, Equatable {
    var id: String
    var name: String
    var state: String
    /// Why it is paused, waits or failed.
    var message: String?
    /// The stages that have begun, in the order of their beginning.
    var stages: [StageProgress] = []
    var trials: [TrialRecord] = []
    /// The best trial of a study that has ended with a result.
    var winner: Int?
    /// Why it ended, as it is stored, such as `budget_calls`.
    var finishReason: String?
    /// What a reader of its result should know.
    var notes: [String] = []
    var usage: [UsageRecord] = []
    /// What is used up of the budget's limits, as the coordinator has said it, the latest last.
    var warnings: [BudgetWarning] = []
    /// Sent and perhaps billed, without an answer.
    var unconfirmedCalls = 0
    /// Live workers.
    var workers = 0
    /// Units in somebody's hands.
    var leasedUnits = 0
    /// Seconds since the study began.
    var elapsed: Double = 0
    var callsPerSecond: Double?
    /// Seconds that are left, as far as can be told.
    var eta: Double?

    var isEnded: Bool { ["finished", "failed", "cancelled"].contains(state) }
    var calls: Int { usage.reduce(0) { $0 + $1.calls } }
    var cached: Int { usage.reduce(0) { $0 + $1.cached } }
    var promptTokens: Int { usage.reduce(0) { $0 + $1.promptTokens } }
    var completionTokens: Int { usage.reduce(0) { $0 + $1.completionTokens } }

    /// Whether the stage at `index` is over. Between two decisions a stage has nothing open either, so it is over only when
    /// another has followed it or the study has ended.
    func isOver(_ index: Int) -> Bool { isEnded || (stages[index].open == 0 && index < stages.count - 1) }
}
