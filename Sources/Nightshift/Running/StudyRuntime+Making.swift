internal import Evaluation
internal import LanguageModels
internal import Optimizers
internal import ProgramMetrics
internal import Programs
internal import Studies

extension StudyRuntime {
    /// The runtime of a study in this executable.
    ///
    /// - Parameter id: the stored study's public id.
    /// - Throws: a sentence for the operator: a Swift program or metric that is not registered here, a model that can't be called.
    static func make(_ study: Study, id: String? = nil, with shared: SharedServices) throws -> StudyRuntime {
        let program = try study.program.host(swiftProgram: Registry.program)
        var models: [Role: any LanguageModel] = [:]
        for role in [Role.task, .prompt, .teacher] {
            models[role] = try study.models[role].map { try shared.model($0, role, study: id) }
        }
        let services = try shared.metric(study, id: id)
        let trains = study.optimizer?.kind.trainsModels == true
        return StudyRuntime(
            study: study, program: program,
            metric: try study.metric.map {
                try ProgramMetrics.metric(section: $0, outputs: program.outputNames, services: services)
            },
            models: models, services: try shared.program(study, id: id),
            finetuning: trains ? try finetuningProvider(LanguageModelSettings(study.models.task)) : nil,
            endpoints: Set(try study.calledRoles.compactMap { study.models[$0] }.map { try LanguageModelSettings($0).baseURL }))
    }
}
