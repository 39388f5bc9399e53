package import JSON
package import Programs
internal import Surrogates

extension MIPROSettings {
    package init(_ reader: inout SectionReader) {
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
        readMinibatch(&reader)
        reader.flag("program_aware_proposer", into: &programAwareProposer)
        reader.flag("data_aware_proposer", into: &dataAwareProposer)
        reader.flag("tip_aware_proposer", into: &tipAwareProposer)
        reader.flag("fewshot_aware_proposer", into: &fewshotAwareProposer)
        readProposer(&reader)
        readSearch(&reader)
    }

    mutating func readMinibatch(_ reader: inout SectionReader) {
        reader.flag("minibatch", into: &minibatch)
        reader.integer("minibatch_size", in: 1...(.max), into: &minibatchSize)
        reader.integer("minibatch_full_eval_steps", in: 1...(.max), into: &minibatchFullEvalSteps)
        for key in ["minibatch_size", "minibatch_full_eval_steps"] where !minibatch {
            reader.refuse(withoutEffect: key, "has no effect without `minibatch: true`")
        }
    }

    mutating func readProposer(_ reader: inout SectionReader) {
        reader.integer("view_data_batch_size", in: 1...1000, into: &viewDataBatchSize)
        reader.temperature("init_temperature", into: &initTemperature)
        reader.integer("proposal_rounds", in: 1...100, into: &proposalRounds)
    }

    /// Reads what is left and compares it with what was read.
    mutating func readSearch(_ reader: inout SectionReader) {
        reader.name("search", into: &search)
        reader.integer("search_budget", in: 1...(.max), into: &searchBudget)
        reader.number("stop_margin", into: &settling.margin)
        reader.number("stop_probability", into: &settling.probability)
        if settling.margin < 0 {
            reader.report("stop_margin", "\(settling.margin) is negative; give a difference of scores, such as 0.01")
        }
        if !(0...1).contains(settling.probability) {
            reader.report("stop_probability", "\(settling.probability) is no probability; give a number from 0 (never stop) to 1")
        }
        if search != .racing {
            for key in ["stop_margin", "stop_probability"] {
                reader.refuse(
                    withoutEffect: key,
                    "has no effect with `search: \(search.rawValue)`, which does not end by itself; "
                        + "leave it out, or use `search: racing`")
            }
        }
        guard proposalRounds > 1 else { return }
        if search == .dspy {
            reader.report("proposal_rounds", "`search: dspy` proposes once, as MIPROv2 does; give 1, or another search")
        }
        if instructionCount < 2 {
            reader.report("proposal_rounds", "a single candidate leaves nothing to propose; give 1, or more candidates")
        }
    }

    package var members: JSONObject {
        demos.members.merging([
            "auto": auto.map { .string($0.rawValue) } ?? .null, "num_candidates": optional(numCandidates),
            "num_trials": optional(numTrials), "minibatch": .bool(minibatch), "minibatch_size": .int(minibatchSize),
            "minibatch_full_eval_steps": .int(minibatchFullEvalSteps), "program_aware_proposer": .bool(programAwareProposer),
            "data_aware_proposer": .bool(dataAwareProposer), "tip_aware_proposer": .bool(tipAwareProposer),
            "fewshot_aware_proposer": .bool(fewshotAwareProposer), "view_data_batch_size": .int(viewDataBatchSize),
            "init_temperature": .double(initTemperature), "proposal_rounds": .int(proposalRounds),
            "search": .string(search.rawValue), "search_budget": optional(searchBudget),
            "stop_margin": .double(settling.margin), "stop_probability": .double(settling.probability),
        ])
    }

    package var roles: Set<Role> { [.teacher, .prompt] }

    package mutating func acceptDemos(from threshold: Double) { demos.accept(from: threshold) }

    package func check(_ size: StudySize, path: JSONPath) -> [Diagnostic] {
        let minibatch = size.val > 0 ? checkMinibatch(valCount: size.val, path: path) : nil
        return [minibatch].compactMap(\.self) + demos.check(size)
    }

    private func checkMinibatch(valCount: Int, path: JSONPath) -> Diagnostic? {
        let rows = searchedRows(of: valCount)
        guard isMinibatched(rows: rows), minibatchSize > rows else { return nil }
        return Diagnostic(
            path.appending("minibatch_size"),
            "\(minibatchSize) is more than the \(rows) validation rows of the search; give at most \(rows), or `minibatch: false`"
        )
    }

    package func plannedExamples(_ size: StudySize) -> Int {
        let rows = searchedRows(of: size.val)
        let planned = searchedExamples(rows: rows, predictors: size.predictors, parameters: size.parameters)
        // The confirmation runs what the search has not: of one trial or two.
        return planned + (isByExample ? size.val / 2 : 2 * (size.val - rows))
    }

    package var beginsWithEarlier: Bool { true }

    package func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy { MIPRO(facts: facts, settings: self) }
}
