internal import Evaluation
internal import Foundation
internal import LanguageModels
internal import ProgramMetrics
internal import Programs
internal import Studies

extension StudyRuntime {
    /// The runtime of a study in this executable.
    ///
    /// - Throws: a sentence for the operator: a Swift program or metric that is not registered here, a model that can't be called.
    static func make(_ study: Study) throws -> StudyRuntime {
        let program = try study.program.host(swiftProgram: Registry.program)
        var models: [Role: any LanguageModel] = [:]
        var made: [ModelSpec: any LanguageModel] = [:]
        let roles: [(Role, ModelSpec)] = [
            (.task, study.models.task), (.prompt, study.models.prompt), (.teacher, study.models.teacher), (.judge, study.models.judge),
        ]
        for (role, spec) in roles {
            let model = try made[spec] ?? languageModel(LanguageModelSettings(spec))
            made[spec] = model
            models[role] = model
        }
        return StudyRuntime(
            study: study, program: program, metric: try study.metric.map { try ProgramMetrics.metric(section: $0, outputs: program.outputNames) },
            models: models)
    }
}
