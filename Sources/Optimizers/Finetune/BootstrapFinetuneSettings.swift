package import JSON
package import Programs

/// DSPy's BootstrapFinetune.
package struct BootstrapFinetuneSettings: KindSettings {
    package static let name = "bootstrap_finetune"

    /// One job for all predictors of a model; else one for each predictor.
    package var multitask = true
    /// What the provider is told of the training, such as `n_epochs`.
    package var trainKwargs: JSONObject = [:]
    /// Whether chats and the tuned program go without the program's demos.
    package var excludeDemos = false
    /// The least score of a run that is learnt from; nil: any score above 0.
    package var metricThreshold: Double?

    package init() {}

    package init(_ reader: inout SectionReader) {
        reader.flag("multitask", into: &multitask)
        reader.object("train_kwargs", into: &trainKwargs)
        if !reader.isStored { checkTraining(&reader) }
        reader.flag("exclude_demos", into: &excludeDemos)
        reader.number("metric_threshold", into: &metricThreshold)
        reader.hint(["adapter": "chats have the form that the program's predictors are asked in"])
    }

    /// What a provider would refuse only when the runs to train on have been paid for.
    private func checkTraining(_ reader: inout SectionReader) {
        for name in ["model", "training_file", "suffix", "metadata"] where trainKwargs[name] != nil {
            reader.report("train_kwargs", "'\(name)' is set by nightshift; leave it out")
        }
        if trainKwargs["hyperparameters"] != nil {
            reader.report("train_kwargs", "'hyperparameters' is made of what stands here; write its members")
        }
        guard let epochs = trainKwargs["n_epochs"], epochs.stringValue != "auto" else { return }
        guard let count = epochs.intValue, count >= 1 else {
            return reader.report("train_kwargs", "n_epochs must be an integer of at least 1, or auto")
        }
    }

    package var members: JSONObject {
        [
            "multitask": .bool(multitask), "train_kwargs": .object(trainKwargs), "exclude_demos": .bool(excludeDemos),
            "metric_threshold": optional(metricThreshold),
        ]
    }

    package var roles: Set<Role> { [.teacher] }
    package var trainsModels: Bool { true }

    package mutating func acceptDemos(from threshold: Double) { metricThreshold = metricThreshold ?? threshold }

    package func check(_ size: StudySize, path: JSONPath) -> [Diagnostic] {
        guard size.train == 0 else { return [] }
        return [
            Diagnostic(JSONPath([.key("data"), .key("train")]), "has no rows; models are trained on runs of the program on them")
        ]
    }

    package func plannedExamples(_ size: StudySize) -> Int { size.val }

    package func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy { BootstrapFinetune(facts: facts, settings: self) }
}
