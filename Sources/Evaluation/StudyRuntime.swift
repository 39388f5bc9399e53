package import ProgramMetrics
package import Programs
package import Studies

/// All that is needed to run the units of one study: the program, the metric, and a model per role.
package struct StudyRuntime: Sendable {
    package let study: Study
    package let program: any ProgramHost
    package let metric: (any Metric)?
    private let models: [Role: any LanguageModel]

    package init(study: Study, program: any ProgramHost, metric: (any Metric)?, models: [Role: any LanguageModel]) {
        self.study = study
        self.program = program
        self.metric = metric
        self.models = models
    }

    /// The model of a role; roles that the study does not name fall back to `task`.
    package func model(_ role: Role) -> any LanguageModel {
        models[role] ?? models[.task] ?? MissingModel()
    }
}

/// Stands where a study names no model at all, which validation refuses.
private struct MissingModel: LanguageModel {
    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        throw LanguageModelError(.unknownModel, "the study names no model for the role task")
    }
}
