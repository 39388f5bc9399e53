internal import JSON
internal import Programs
internal import Randomness

extension StudyFacts {
    /// The uncompiled program with training rows as its demos: a sample of its own for each predictor, or the first rows.
    func labelledState(count: Int, isSampled: Bool = true) -> ProgramState {
        initial.replacingDemos { path in
            guard isSampled else { return Array(train.prefix(count)) }
            var generator = KeyedGenerator(seed: seed, purpose: "demos/labelled/\(path)", index: -2)
            return generator.sample(count, of: train)
        }
    }

    /// What a trace of a training row shows of one predictor: where that was called several times, half of the draws keep the
    /// last call, the others an earlier one. nil where it was not called.
    func tracedDemo(_ trace: [TraceStep], row: Int, path: String) -> JSONObject? {
        let calls = trace.filter { $0.path == path }
        guard var kept = calls.last else { return nil }
        if calls.count > 1 {
            var generator = KeyedGenerator(seed: seed, purpose: "demos/call/\(path)", index: row)
            if generator.uniform() >= 0.5 { kept = calls[generator.below(calls.count - 1)] }
        }
        return JSONObject([("augmented", JSON.bool(true))]).merging(kept.inputs).merging(kept.outputs)
    }
}

extension ProgramState {
    /// The state with other demos and the same instructions.
    func replacingDemos(_ demos: (_ path: String) -> [JSONObject]) -> ProgramState {
        var copy = self
        for path in paths { copy[path]?.demos = demos(path) }
        return copy
    }
}
