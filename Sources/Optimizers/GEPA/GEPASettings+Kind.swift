package import JSON
package import Programs

extension GEPASettings {
    package init(_ reader: inout SectionReader) {
        var mode = Auto.light
        reader.name("auto", into: &mode)
        auto = reader.has("auto") ? mode : nil
        reader.integer("max_full_evals", in: 1...100_000, into: &maxFullEvals)
        reader.integer("max_metric_calls", in: 1...100_000_000, into: &maxMetricCalls)
        let given = ["auto", "max_full_evals", "max_metric_calls"].filter(reader.has)
        if given.count != 1 {
            let finding = given.isEmpty ? "is missing" : "\(given.joined(separator: " and ")) contradict each other"
            reader.report(
                given.first ?? "auto",
                "\(finding); give exactly one of auto (light, medium, heavy), max_full_evals, max_metric_calls")
        }
        reader.integer("reflection_minibatch_size", in: 1...10_000, into: &reflectionMinibatchSize)
        reader.name("candidate_selection_strategy", into: &candidateSelection)
        reader.name("component_selector", into: &componentSelection)
        reader.flag("skip_perfect_score", into: &skipPerfectScore)
        reader.number("perfect_score", into: &perfectScore)
        reader.flag("add_format_failure_as_feedback", into: &addFormatFailureAsFeedback)
        reader.flag("use_merge", into: &useMerge)
        reader.integer("max_merge_invocations", in: 0...10_000, into: &maxMergeInvocations)
        // The metric judges a run once, so that its two scores cannot differ: there is nothing to warn of.
        var warns = true
        reader.flag("warn_on_score_mismatch", into: &warns)
        reader.hint(Self.hints)
    }

    /// Keys of DSPy's that have no place here.
    private static let hints = [
        "reflection_lm": "write it as `lm: {prompt: …}`",
        "instruction_proposer": "instructions are written by the model of `lm: {prompt: …}`; another proposer is not supported",
        "code_proposer": "only instructions evolve; code is not rewritten",
        "track_best_outputs": "every answer is kept in the database; see `nightshift trials`",
        "use_wandb": "there is no such export; see `nightshift trials --json`",
        "wandb_api_key": "there is no such export; see `nightshift trials --json`",
        "wandb_init_kwargs": "there is no such export; see `nightshift trials --json`",
        "use_mlflow": "there is no such export; see `nightshift trials --json`",
        "gepa_kwargs": "options of the gepa package are not passed on; give those of this list",
        "teacher": "GEPA has no teacher; the reflecting model is `lm: {prompt: …}`",
    ]

    package var members: JSONObject {
        [
            "auto": auto.map { .string($0.rawValue) } ?? .null, "max_full_evals": optional(maxFullEvals),
            "max_metric_calls": optional(maxMetricCalls), "reflection_minibatch_size": .int(reflectionMinibatchSize),
            "candidate_selection_strategy": .string(candidateSelection.rawValue),
            "component_selector": .string(componentSelection.rawValue), "skip_perfect_score": .bool(skipPerfectScore),
            "perfect_score": .double(perfectScore), "add_format_failure_as_feedback": .bool(addFormatFailureAsFeedback),
            "use_merge": .bool(useMerge), "max_merge_invocations": .int(maxMergeInvocations),
        ]
    }

    package var roles: Set<Role> { [.prompt] }

    package func check(_ size: StudySize, path: JSONPath) -> [Diagnostic] {
        if size.train == 0 {
            return [Diagnostic(JSONPath([.key("data"), .key("train")]), "has no rows; GEPA reflects on runs on them")]
        }
        guard let maxMetricCalls, size.val > 0, maxMetricCalls <= size.val else { return [] }
        return [
            Diagnostic(
                path.appending("max_metric_calls"),
                "\(maxMetricCalls) is used up by the uncompiled program's \(size.val) validation rows; give more"
            )
        ]
    }

    package func plannedExamples(_ size: StudySize) -> Int { max(metricCalls(size) - size.val, 0) }

    package func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy { GEPA(facts: facts, settings: self) }
}
