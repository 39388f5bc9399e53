package import ProgramMetrics
package import Programs
package import Studies

/// All that is needed to run the units of one study: the program, the metric, and a model per role. Shared, since every item of
/// a worker's queue carries it.
package final class StudyRuntime: Sendable {
    package let study: Study
    package let program: any ProgramHost
    package let metric: (any Metric)?
    private let models: [Role: any LanguageModel]
    /// Trains the task's model; nil where its provider does not.
    let finetuning: (any FinetuningProvider)?
    /// Retrievers, tools and the sandbox of the program.
    package let services: ProgramServices
    /// Of all models that the study calls: their base URLs.
    package let endpoints: Set<String>

    package init(
        study: Study, program: any ProgramHost, metric: (any Metric)?, models: [Role: any LanguageModel],
        services: ProgramServices = .none, finetuning: (any FinetuningProvider)? = nil, endpoints: Set<String> = []
    ) {
        self.study = study
        self.program = program
        self.metric = metric
        self.models = models
        self.finetuning = finetuning
        self.services = services
        self.endpoints = endpoints
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
