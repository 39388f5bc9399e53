package import JSON

extension OptimizerSettings {
    private static let available = ["random_search", "mipro"]
    private static let planned = [
        "labeled_few_shot", "bootstrap_few_shot", "bayesian_signature", "copro", "better_together", "knn_few_shot", "ensemble",
        "gepa",
    ]

    /// Keys of DSPy and of other sections, with what to do instead.
    private static let hints = [
        "seed": "the seed belongs to the whole study; write `seed:` at the top level",
        "num_threads": "how many examples run at once is a matter of the command: --workers and --concurrency",
        "prompt_model": "write it as `lm: {prompt: …}`",
        "task_model": "write it as `lm: {task: …}`",
        "teacher_settings": "write it as `lm: {teacher: …}`",
        "max_errors": "errors are outcomes here, not a count; see failure_score and min_coverage",
        "metric": "write it at the top level: `metric: {kind: …}`",
        "log_dir": "everything is kept in the database; see `nightshift trials`",
        "track_stats": "everything is kept in the database; see `nightshift trials`",
        "verbose": "use --log-level",
        "requires_permission_to_run": "a study starts when the command is given",
    ]

    /// Reads the section; nil is MIPRO with its defaults.
    /// - Parameter path: where the section stands in its file.
    /// - Throws: everything that is wrong with it, each with the key and what would mend it.
    package init(section: JSON?, path: JSONPath = JSONPath([.key("optimizer")])) throws(Diagnostics) {
        guard let section else {
            self.init(kind: .mipro(MIPROSettings()))
            return
        }
        guard let members = section.objectValue else {
            throw Diagnostics([Diagnostic(path, "expected an object such as {kind: mipro, auto: light}, not \(section.kindName)")]
            )
        }
        let kind = try Self.kind(members, path: path)
        var reader = SectionReader(members, path: path)
        switch kind {
        case "random_search": self.init(kind: .randomSearch(RandomSearchSettings(&reader)))
        default: self.init(kind: .mipro(MIPROSettings(&reader)))
        }
        reader.integer("width", in: 1...(.max), into: &width)
        reader.number("failure_score", into: &failureScore)
        reader.number("min_coverage", into: &minCoverage)
        if !(0...1).contains(minCoverage) {
            reader.report("min_coverage", "\(minCoverage) is no share; give a number from 0 to 1")
        }
        reader.number("target_score", into: &targetScore)
        if let targetScore, !(0...1).contains(targetScore) {
            reader.report("target_score", "\(targetScore) is no fraction; give a number from 0 to 1, such as 0.8 for 80 %")
        }
        reader.finish(kind: kind, hints: Self.hints)
        if !reader.found.isEmpty { throw Diagnostics(reader.found) }
    }

    private static func kind(_ members: JSONObject, path: JSONPath) throws(Diagnostics) -> String {
        let choice = "available: \(available.joined(separator: ", "))"
        let place = path.appending("kind")
        guard let value = members["kind"] else { throw Diagnostics([Diagnostic(place, "is missing; \(choice)")]) }
        guard let kind = value.stringValue else {
            throw Diagnostics([Diagnostic(place, "expected an optimizer's name, not \(value.kindName); \(choice)")])
        }
        if available.contains(kind) { return kind }
        if planned.contains(kind) { throw Diagnostics([Diagnostic(place, "'\(kind)' is not available yet; \(choice)")]) }
        let hint = nearestName(to: kind, in: available + planned).map { "did you mean '\($0)'? " } ?? ""
        throw Diagnostics([Diagnostic(place, "'\(kind)' is no optimizer; \(hint)\(choice)")])
    }
}

extension DemoSettings {
    fileprivate mutating func read(_ reader: inout SectionReader) {
        reader.integer("max_bootstrapped_demos", in: 0...(.max), into: &maxBootstrappedDemos)
        reader.integer("max_labeled_demos", in: 0...(.max), into: &maxLabeledDemos)
        reader.integer("max_rounds", in: 1...100, into: &maxRounds)
        reader.number("metric_threshold", into: &metricThreshold)
    }
}

extension RandomSearchSettings {
    fileprivate init(_ reader: inout SectionReader) {
        demos.read(&reader)
        reader.integer("num_candidate_programs", in: 0...10_000, into: &numCandidatePrograms)
        reader.number("stop_at_score", into: &stopAtScore)
        if let score = stopAtScore, score > 1 {
            reader.report("stop_at_score", "\(score) is above 1; scores are fractions here: write \(score / 100) for \(score) %")
        }
    }
}

extension MIPROSettings {
    fileprivate init(_ reader: inout SectionReader) {
        demos.read(&reader)
        var mode = Auto.light
        reader.name("auto", into: &mode)
        auto = reader.isNull("auto") ? nil : mode
        reader.integer("num_candidates", in: 1...1000, into: &numCandidates)
        reader.integer("num_trials", in: 1...100_000, into: &numTrials)
        for key in ["num_candidates", "num_trials"] {
            if let auto, reader.has(key) {
                reader.report(
                    key, "auto: \(auto.rawValue) sets this already; write `auto: null` with both num_candidates and num_trials")
            } else if auto == nil, !reader.has(key) {
                reader.report(key, "is missing; `auto: null` needs both num_candidates and num_trials")
            }
        }
        reader.flag("minibatch", into: &minibatch)
        reader.integer("minibatch_size", in: 1...(.max), into: &minibatchSize)
        reader.integer("minibatch_full_eval_steps", in: 1...(.max), into: &minibatchFullEvalSteps)
        reader.flag("program_aware_proposer", into: &programAwareProposer)
        reader.flag("data_aware_proposer", into: &dataAwareProposer)
        reader.flag("tip_aware_proposer", into: &tipAwareProposer)
        reader.flag("fewshot_aware_proposer", into: &fewshotAwareProposer)
        reader.integer("view_data_batch_size", in: 1...1000, into: &viewDataBatchSize)
        reader.number("init_temperature", into: &initTemperature)
        if !(0...2).contains(initTemperature) {
            reader.report("init_temperature", "\(initTemperature) is out of range; give a number from 0 to 2")
        }
        reader.name("search", unavailable: ["racing", "gp", "dspy"], into: &search)
    }
}
