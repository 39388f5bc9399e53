package import JSON
package import Optimizers
package import Programs
package import Retrieval

/// A study with the rows that its data files held.
package struct ResolvedStudy: Sendable {
    package var study: Study
    /// The splits that the command needs; empty for ``StudyNeeds/run``.
    package var rows: [Split: [JSONObject]]
    /// What the corpus files of retrievers held.
    package var corpora: [Corpus]
    /// What was decided for the user or looks suspicious, one sentence each.
    package var notes: [String]
}

/// Reads and validates a study file and everything that it names. Nothing is written.
///
/// - Parameters:
///   - file: path of the study file; paths in it are relative to its folder.
///   - sets: `key.path=value` arguments, applied in order before validation.
///   - environment: what `${VAR}` stands for.
///   - swiftProgramNames: the programs registered in this executable, for messages.
///   - swiftProgram: the program registered under a name.
///   - swiftMetricNames: the metrics registered in this executable; nil: any is taken to be.
///   - checkModel: what the LM layer finds wrong with a role's model; the diagnostic's path is a key such as `base_url`.
/// - Throws: all problems of one pass.
package func resolveStudy(
    file path: String, sets: [String] = [], environment: [String: String], needs: StudyNeeds = .compile,
    swiftProgramNames: [String] = [], swiftProgram: (String) -> (any ProgramHost)? = { _ in nil },
    swiftMetricNames: [String]? = nil,
    checkModel: (ModelSpec, Role) throws(Diagnostic) -> Void = { (_, _) throws(Diagnostic) in }
) throws(StudyFileError) -> ResolvedStudy {
    let file = try StudyFile(path: path, sets: sets, environment: environment)
    var resolver = StudyResolver(file: file, needs: needs, swiftMetricNames: swiftMetricNames)
    return try resolver.resolve(swiftProgramNames: swiftProgramNames, swiftProgram: swiftProgram, checkModel: checkModel)
}

/// The `lm` section of a study file; nothing else of it is looked at.
///
/// - Parameters: as of ``resolveStudy(file:sets:environment:needs:swiftProgramNames:swiftProgram:swiftMetricNames:checkModel:)``.
/// - Throws: all that is wrong with the section.
package func resolveModels(
    file path: String, sets: [String] = [], environment: [String: String],
    checkModel: (ModelSpec, Role) throws(Diagnostic) -> Void
) throws(StudyFileError) -> StudyModels {
    let file = try StudyFile(path: path, sets: sets, environment: environment)
    var resolver = StudyResolver(file: file, needs: .run)
    return try resolver.resolveModelsAlone(checkModel)
}
