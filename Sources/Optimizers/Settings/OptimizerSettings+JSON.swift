package import JSON

extension OptimizerSettings {
    /// The section with every default filled in: what the study's fingerprint covers.
    package var json: JSON {
        var members: JSONObject = ["kind": .string(name)]
        switch kind {
        case .randomSearch(let settings): members = members.merging(settings.members)
        case .mipro(let settings): members = members.merging(settings.members)
        }
        members["width"] = optional(width)
        members["failure_score"] = .double(failureScore)
        members["min_coverage"] = .double(minCoverage)
        members["target_score"] = optional(targetScore)
        return .object(members)
    }
}

private func optional(_ value: Int?) -> JSON { value.map { .int($0) } ?? .null }
private func optional(_ value: Double?) -> JSON { value.map { .double($0) } ?? .null }

extension DemoSettings {
    fileprivate var members: JSONObject {
        [
            "max_bootstrapped_demos": .int(maxBootstrappedDemos), "max_labeled_demos": .int(maxLabeledDemos),
            "max_rounds": .int(maxRounds), "metric_threshold": optional(metricThreshold),
        ]
    }
}

extension RandomSearchSettings {
    fileprivate var members: JSONObject {
        demos.members.merging(["num_candidate_programs": .int(numCandidatePrograms), "stop_at_score": optional(stopAtScore)])
    }
}

extension MIPROSettings {
    fileprivate var members: JSONObject {
        demos.members.merging([
            "auto": auto.map { .string($0.rawValue) } ?? .null, "num_candidates": optional(numCandidates),
            "num_trials": optional(numTrials), "minibatch": .bool(minibatch), "minibatch_size": .int(minibatchSize),
            "minibatch_full_eval_steps": .int(minibatchFullEvalSteps), "program_aware_proposer": .bool(programAwareProposer),
            "data_aware_proposer": .bool(dataAwareProposer), "tip_aware_proposer": .bool(tipAwareProposer),
            "fewshot_aware_proposer": .bool(fewshotAwareProposer), "view_data_batch_size": .int(viewDataBatchSize),
            "init_temperature": .double(initTemperature), "search": .string(search.rawValue),
        ])
    }
}
