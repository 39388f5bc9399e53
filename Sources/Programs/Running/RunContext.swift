public import JSON

/// With what a program runs.
public struct RunContext: Sendable {
    public var state: ProgramState
    public var model: any LanguageModel
    /// Overrides the model's own temperature.
    public var temperature: Double?
    /// Which of several samples of the same prompt this run draws.
    public var rollout: UInt64?
    /// Leave-one-out: demos whose input fields equal this row's are not shown.
    public var excludeDemosLike: JSONObject?

    public init(
        state: ProgramState, model: any LanguageModel, temperature: Double? = nil, rollout: UInt64? = nil,
        excludeDemosLike: JSONObject? = nil
    ) {
        self.state = state
        self.model = model
        self.temperature = temperature
        self.rollout = rollout
        self.excludeDemosLike = excludeDemosLike
    }
}
