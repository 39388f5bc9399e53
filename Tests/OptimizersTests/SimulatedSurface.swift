import JSON
import Optimizers
import Programs
import Randomness

/// Answers decisions as a fleet of workers would, as a function of the work alone.
struct SimulatedSurface: Sendable {
    enum Scores: Sendable {
        /// 0 or 1, likelier for more demos and later instructions.
        case binary
        /// Any number, also outside 0…1.
        case continuous
        case constant(Double)
        case allFail
    }

    var scores = Scores.binary
    /// The share of examples that end in infrastructureError.
    var faults = 0.0
    /// The share of (row, round) on which the teacher succeeds.
    var teacherSkill = 0.5
    /// How often the teacher calls each predictor per row.
    var callsPerPredictor = 1
    /// Whether training jobs give a model.
    var trains = true
    /// The share of proposal calls that fail.
    var proposalFaults = 0.0
    /// A candidate that is always right.
    var favourite: String?
    /// A candidate that is right on these rows of any split, and wrong on all others.
    var flatterer: (candidate: String, rows: Set<Int>)?
    /// Rows that no candidate is right on.
    var unsolvable: Set<Int> = []
    let facts: StudyFacts

    init(facts: StudyFacts) { self.facts = facts }

    func chance(_ purpose: String, _ index: Int) -> Double {
        var generator = KeyedGenerator(seed: 77, purpose: purpose, index: index)
        return generator.uniform()
    }

    func answer(_ decision: Decision, states: [String: ProgramState]) -> Outcome {
        switch decision.work {
        case .evaluate(_, let candidate, let split, let block, _, let retry):
            return .evaluated(
                block.map { outcome(of: candidate, state: states[candidate]!, split: split, row: $0, retry: retry) })
        case .bootstrap(_, let examples, let round): return .bootstrapped(examples.map { attempt(row: $0, round: round) })
        case .trace(let candidate, let examples, _):
            return .traced(examples.map { traced(candidate, state: states[candidate]!, row: $0) })
        case .finetune(let call):
            return trains ? .finetuned(model: "ft:\(call.key)") : .finetuned(model: nil, reason: "the file has too few rows")
        case .stop: return .stopped
        case .propose(let calls):
            return .proposed(
                calls.map { call in
                    chance("proposal/\(call.key)", 0) < proposalFaults
                        ? nil : [call.signature.outputs[0].name: .string("Instructions: \"text of \(call.key)\"")]
                })
        }
    }

    func outcome(of candidate: String, state: ProgramState, split: Split, row: Int, retry: Int = 0) -> ExampleOutcome {
        if candidate == favourite { return .scored(1) }
        if unsolvable.contains(row) { return .scored(0) }
        if let flatterer, candidate == flatterer.candidate { return .scored(flatterer.rows.contains(row) ? 1 : 0) }
        if chance("fault/\(candidate)/\(split)/\(retry)", row) < faults { return .infrastructureError }
        let demos = state.paths.reduce(0) { $0 + state[$1]!.demos.count }
        let luck = state.paths.reduce(0) { $0 + (state[$1]!.instructions.utf8.last.map(Int.init) ?? 0) % 10 }
        let training = state.paths.contains { state[$0]!.model != nil } ? 0.15 : 0
        let quality = 0.3 + 0.05 * Double(demos) + 0.02 * Double(luck) + training
        let draw = chance("score/\(candidate)/\(split)", row)
        switch scores {
        case .binary: return .scored(draw < quality ? 1 : 0)
        case .continuous: return .scored(-20 + 100 * quality * draw)
        case .constant(let value): return .scored(value)
        case .allFail: return .programError
        }
    }

    /// A run on a training row, with the metric's words.
    func traced(_ candidate: String, state: ProgramState, row: Int) -> Attempt {
        let outcome = outcome(of: candidate, state: state, split: .train, row: row)
        var attempt = attempt(row: row, round: 0)
        attempt.outcome = outcome
        switch outcome {
        case .scored(let score): attempt.feedback = score < 1 ? "expected '\(row)', got 'nothing'" : nil
        case .programError:
            attempt.trace = []
            attempt.failure = "predictor '\(facts.predictors[0].path)': the answer has no 'answer'\nI do not know"
        case .metricError, .infrastructureError: attempt.trace = []
        }
        return attempt
    }

    func succeeds(row: Int, round: Int) -> Bool { chance("teacher/\(round)", row) < teacherSkill }

    func attempt(row: Int, round: Int) -> Attempt {
        let trace = facts.predictors.flatMap { predictor in
            (0..<callsPerPredictor).map { call in
                TraceStep(
                    path: predictor.path, inputs: ["question": facts.train[row]["question"] ?? .null],
                    outputs: ["row": .int(row), "round": .int(round), "call": .int(call)])
            }
        }
        return Attempt(outcome: .scored(succeeds(row: row, round: round) ? 1 : 0), trace: trace)
    }
}

func makeFacts(
    seed: UInt64 = 9, predictors: Int = 2, train: Int = 40, val: Int = 60, test: Int = 30, settings: String = "{}"
) throws -> StudyFacts {
    let described = try (0..<predictors).map { index in
        PredictorDescription(
            path: "step\(index).predict", signature: try Signature("question -> answer", instructions: "Do step \(index)."),
            module: "ChainOfThought")
    }
    return StudyFacts(
        seed: seed, initial: ProgramState(described.map { ($0.path, PredictorState(instructions: $0.signature.instructions)) }),
        predictors: described, sourceText: "answer = step(question)",
        train: (0..<train).map { ["question": .string("question \($0)"), "answer": .int($0)] }, inputKeys: ["question"],
        valCount: val, testCount: test, settings: try OptimizerSettings(section: try JSON(parsing: settings)))
}
