internal import JSON
internal import Optimizers
internal import Programs
internal import Surrogates

/// A study whose candidates are the points of a surface: every predictor has as many instructions and demo sets as the surface
/// has choices, each with a content of its own, so that a search meets one state per point.
struct SimulatedStudy: Sendable {
    let facts: StudyFacts
    let settings: MIPROSettings
    let instructions: [String: [String]]
    let demoSets: [[String: [JSONObject]]]
    private let paths: [String]

    /// - Parameters:
    ///   - block: examples per proposal.
    ///   - examples: the whole budget, the baseline's examples among them.
    ///   - first: where an earlier study's candidates are.
    init(
        _ surface: Surface, _ method: SearchMethod, seed: UInt64, block: Int, examples: Int, width: Int,
        beginningWith first: [SearchSpace.Point] = []
    ) {
        let paths = (0..<surface.predictors).map { "step\($0)" }
        self.paths = paths
        var settings = MIPROSettings()
        settings.auto = nil
        settings.numTrials = method.trials(of: surface, examples: examples)
        settings.search = MIPROSettings.Search(rawValue: method.rawValue) ?? .racing
        // The others' number of trials follows from the examples.
        if settings.isByExample { settings.searchBudget = examples - surface.validation }
        settings.minibatchSize = block
        settings.minibatch = block < surface.validation
        var resolved = OptimizerSettings(kind: settings)
        resolved.width = width
        resolved.warmStart = first.count
        func text(_ predictor: Int, _ choice: Int) -> String { "Step \(predictor), instructions \(choice)." }
        func demos(_ choice: Int) -> [JSONObject] { choice == 0 ? [] : [["demo": .int(choice)]] }
        func state(at point: SearchSpace.Point) -> ProgramState {
            ProgramState(
                paths.indices.map { predictor in
                    let (instructions, set) = (point[2 * predictor], point[2 * predictor + 1])
                    return (
                        paths[predictor], PredictorState(instructions: text(predictor, instructions), demos: demos(set))
                    )
                })
        }
        facts = StudyFacts(
            seed: seed, initial: state(at: surface.choices.map { _ in 0 }), predictors: [], sourceText: "", train: [],
            inputKeys: [], valCount: surface.validation, testCount: 0, settings: resolved,
            earlier: first.map { EarlierCandidate(state: state(at: $0), provenance: "earlier", score: 0, examples: 0) })
        self.settings = settings
        instructions = Dictionary(
            uniqueKeysWithValues: paths.indices.map { predictor in
                (paths[predictor], (0..<surface.choices[2 * predictor]).map { text(predictor, $0) })
            })
        let most = paths.indices.map { surface.choices[2 * $0 + 1] }.max() ?? 1
        demoSets = (1..<max(most, 1)).map { choice in
            Dictionary(
                uniqueKeysWithValues: paths.indices.map { predictor in
                    // A predictor with fewer choices than others has the last one again, which is no further choice.
                    let own = min(choice, surface.choices[2 * predictor + 1] - 1)
                    return (paths[predictor], demos(own))
                })
        }
    }

    /// Where on the surface a trial stands.
    func point(of params: JSONObject) -> SearchSpace.Point {
        paths.flatMap { path in
            [params["\(path).instructions"]?.intValue ?? 0, params["\(path).demos"]?.intValue ?? 0]
        }
    }
}
