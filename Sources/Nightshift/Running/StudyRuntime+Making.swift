internal import Evaluation
internal import LanguageModels
internal import Optimizers
internal import ProgramMetrics
internal import Programs
internal import Studies

extension StudyRuntime {
    /// The runtime of a study in this executable.
    ///
    /// - Throws: a sentence for the operator: a Swift program or metric that is not registered here, a model that can't be called.
    static func make(_ study: Study, with shared: SharedServices) throws -> StudyRuntime {
        let program = try study.program.host(swiftProgram: Registry.program)
        var models: [Role: any LanguageModel] = [:]
        var made: [ModelSpec: any LanguageModel] = [:]
        for role in [Role.task, .prompt, .teacher] {
            guard let spec = study.models[role] else { continue }
            let model = try made[spec] ?? languageModel(LanguageModelSettings(spec))
            made[spec] = model
            models[role] = model
        }
        let services = try shared.metric(study)
        let trains = study.optimizer?.kind.trainsModels == true
        return StudyRuntime(
            study: study, program: program,
            metric: try study.metric.map {
                try ProgramMetrics.metric(section: $0, outputs: program.outputNames, services: services)
            },
            models: models, services: try shared.program(study),
            finetuning: trains ? try finetuningProvider(LanguageModelSettings(study.models.task)) : nil)
    }
}
