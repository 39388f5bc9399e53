package import JSON
package import Optimizers

extension Study {
    /// How much of everything the study has.
    package var size: StudySize {
        StudySize(
            train: data?.count(.train), val: data?.count(.val) ?? 0, test: data?.count(.test) ?? 0,
            predictors: program.predictors.count, parameters: program.parameters.count, width: optimizer?.width)
    }

    /// What a plan knows of this study.
    /// - Parameters:
    ///   - train: the rows of the training split.
    ///   - earlier: candidates of earlier studies to begin with.
    package func facts(train: [JSONObject], earlier: [EarlierCandidate] = []) -> StudyFacts {
        StudyFacts(
            seed: seed, initial: program.initialState, predictors: program.predictors, parameters: program.parameters,
            sourceText: program.sourceText,
            train: train, inputKeys: data?.inputs ?? program.inputNames, valCount: data?.count(.val) ?? 0,
            testCount: data?.count(.test) ?? 0, settings: optimizer ?? OptimizerSettings(kind: MIPROSettings()),
            earlier: earlier)
    }
}
