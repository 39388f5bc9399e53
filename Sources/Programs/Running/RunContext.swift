public import JSON

/// With what a program runs.
public struct RunContext: Sendable {
    /// Instructions, demos and parameters.
    public var state: ProgramState
    /// What its predictors ask.
    public var model: any LanguageModel
    /// On whose account the calls of ``model`` are.
    public var role: Role
    /// Overrides the model's own temperature.
    public var temperature: Double?
    /// Which of several samples of the same prompt this run draws.
    public var rollout: UInt64?
    /// Leave-one-out: demos whose input fields equal this row's are not shown. A demo that has some of these fields only, as the
    /// trace of one step has, counts by those.
    public var excludeDemosLike: JSONObject?
    /// Of predictors that name none themselves.
    public var adapter: Adapter
    /// What it may use beside the model.
    public var services: ProgramServices

    /// A state and a model; by default nothing else.
    public init(
        state: ProgramState, model: any LanguageModel, role: Role = .task, temperature: Double? = nil, rollout: UInt64? = nil,
        excludeDemosLike: JSONObject? = nil, adapter: Adapter = .chat, services: ProgramServices = .none
    ) {
        self.state = state
        self.model = model
        self.role = role
        self.temperature = temperature
        self.rollout = rollout
        self.excludeDemosLike = excludeDemosLike
        self.adapter = adapter
        self.services = services
    }
}

extension RunContext {
    /// Whether leave-one-out hides a demo.
    func excludesDemo(_ demo: JSONObject) -> Bool {
        guard let row = excludeDemosLike else { return false }
        let shared = row.filter { demo[$0] != nil }
        return !shared.isEmpty && shared.allSatisfy { demo[$0.key] == $0.value }
    }
}
