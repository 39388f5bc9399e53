internal import Foundation
package import JSON
package import Programs

/// DSPy's BayesianSignatureOptimizer: instructions are proposed for every predictor, and a search finds the best combination.
/// It is MIPRO without demos, and runs as such.
package struct BayesianSignatureSettings: KindSettings {
    package static let name = "bayesian_signature"

    /// Instructions per predictor, the original included.
    package var n = 10
    /// nil: by MIPROv2's rule.
    package var numTrials: Int?
    /// What is the same as MIPRO's.
    private var mipro: MIPROSettings

    package init() {
        mipro = MIPROSettings()
        mipro.auto = nil
        mipro.minibatch = false
        mipro.fewshotAwareProposer = false
        mipro.demos.maxBootstrappedDemos = 0
        mipro.demos.maxLabeledDemos = 0
        mipro.numCandidates = n
    }

    package init(_ reader: inout SectionReader) {
        self.init()
        reader.hint([
            "optuna_trials_num": "write `num_trials`",
            "num_candidates": "write `n`",
            "view_data": "write `data_aware_proposer`",
            "view_examples": "bayesian_signature makes no demos; use `kind: mipro`",
            "fewshot_aware_proposer": "bayesian_signature makes no demos; use `kind: mipro`",
            "max_bootstrapped_demos": "bayesian_signature makes no demos; use `kind: mipro`",
            "max_labeled_demos": "bayesian_signature makes no demos; use `kind: mipro`",
            "auto": "bayesian_signature has `n` and `num_trials`; use `kind: mipro` with both demo maxima 0",
        ])
        reader.integer("n", in: 1...1000, into: &n)
        mipro.numCandidates = n
        reader.integer("num_trials", in: 1...100_000, into: &numTrials)
        mipro.readMinibatch(&reader)
        reader.flag("program_aware_proposer", into: &mipro.programAwareProposer)
        reader.flag("data_aware_proposer", into: &mipro.dataAwareProposer)
        reader.flag("tip_aware_proposer", into: &mipro.tipAwareProposer)
        mipro.readProposer(&reader)
        mipro.readSearch(&reader)
    }

    package var members: JSONObject {
        let shared = [
            "minibatch", "minibatch_size", "minibatch_full_eval_steps", "program_aware_proposer", "data_aware_proposer",
            "tip_aware_proposer", "view_data_batch_size", "init_temperature", "proposal_rounds", "search", "search_budget",
            "stop_margin", "stop_probability",
        ]
        return JSONObject([("n", .int(n)), ("num_trials", optional(numTrials))])
            .merging(mipro.members.filter { shared.contains($0) })
    }

    package var roles: Set<Role> { [.prompt] }

    /// int(max(2·V·log2(n), 1.5·n)) trials for V searched variables, unless the study says how many.
    private func settings(predictors: Int, parameters: Int) -> MIPROSettings {
        var settings = mipro
        let variables = Double(predictors + parameters)
        settings.numTrials = numTrials ?? Int(max(2 * variables * log2(Double(n)), 1.5 * Double(n)))
        return settings
    }

    package func plannedExamples(_ size: StudySize) -> Int {
        settings(predictors: size.predictors, parameters: size.parameters).plannedExamples(size)
    }

    package func check(_ size: StudySize, path: JSONPath) -> [Diagnostic] { mipro.check(size, path: path) }

    package var beginsWithEarlier: Bool { true }

    package func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy {
        MIPRO(facts: facts, settings: settings(predictors: facts.predictors.count, parameters: facts.parameters.count))
    }
}
