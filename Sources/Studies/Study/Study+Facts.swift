package import JSON
package import Optimizers

extension Study {
    /// What a plan knows of this study.
    /// - Parameter train: the rows of the training split.
    package func facts(train: [JSONObject]) -> StudyFacts {
        StudyFacts(
            seed: seed, initial: program.initialState, predictors: program.predictors, parameters: program.parameters,
            sourceText: program.sourceText,
            train: train, inputKeys: data?.inputs ?? program.inputNames, valCount: data?.count(.val) ?? 0,
            testCount: data?.count(.test) ?? 0, settings: optimizer ?? OptimizerSettings(kind: .mipro(MIPROSettings())))
    }
}
