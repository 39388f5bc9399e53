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
    /// The share of proposal calls that fail.
    var proposalFaults = 0.0
    let facts: StudyFacts

    init(facts: StudyFacts) { self.facts = facts }

    func chance(_ purpose: String, _ index: Int) -> Double {
        var generator = KeyedGenerator(seed: 77, purpose: purpose, index: index)
        return generator.uniform()
    }

    func answer(_ decision: Decision, states: [String: ProgramState]) -> Outcome {
        switch decision.work {
        case .evaluate(_, let candidate, let split, let block, _):
            return .evaluated(block.map { outcome(of: candidate, state: states[candidate]!, split: split, row: $0) })
        case .bootstrap(_, let examples, let round): return .bootstrapped(examples.map { attempt(row: $0, round: round) })
        case .propose(let calls):
            return .proposed(
                calls.map { call in
                    chance("proposal/\(call.key)", 0) < proposalFaults
                        ? nil : [call.signature.outputs[0].name: .string("Instructions: \"text of \(call.key)\"")]
                })
        }
    }

    func outcome(of candidate: String, state: ProgramState, split: Split, row: Int) -> ExampleOutcome {
        if chance("fault/\(candidate)/\(split)", row) < faults { return .infrastructureError }
        let quality =
            0.3 + 0.05 * Double(state.paths.reduce(0) { $0 + state[$1]!.demos.count })
            + 0.02 * Double(state.paths.reduce(0) { $0 + (state[$1]!.instructions.utf8.last.map(Int.init) ?? 0) % 10 })
        let draw = chance("score/\(candidate)/\(split)", row)
        switch scores {
        case .binary: return .scored(draw < quality ? 1 : 0)
        case .continuous: return .scored(-20 + 100 * quality * draw)
        case .constant(let value): return .scored(value)
        case .allFail: return .programError
        }
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
