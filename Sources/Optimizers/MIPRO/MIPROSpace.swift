internal import JSON
internal import Programs
internal import Surrogates

/// What MIPRO chooses from: per predictor an instruction and, unless zero-shot, a demo set.
/// Choice 0 of each is the initial program's.
struct MIPROSpace: Sendable {
    private let initial: ProgramState
    private var instructions: [String: [String]] = [:]
    private var demos: [String: [[JSONObject]]] = [:]
    let space: SearchSpace

    /// - Parameters:
    ///   - instructions: by predictor path, the initial ones first.
    ///   - demoSets: nil where demos are not searched. Equal sets of a predictor become one choice.
    init(initial: ProgramState, instructions: [String: [String]], demoSets: [DemoSets.DemoSet]?) {
        self.initial = initial
        self.instructions = instructions
        var dimensions: [SearchSpace.Dimension] = []
        for path in initial.paths {
            dimensions.append(.init(name: "\(path).instructions", choices: max(instructions[path]?.count ?? 1, 1)))
            guard let demoSets else { continue }
            var choices = [initial[path]?.demos ?? []]
            for set in demoSets {
                let demos = set[path] ?? []
                if !choices.contains(demos) { choices.append(demos) }
            }
            demos[path] = choices
            dimensions.append(.init(name: "\(path).demos", choices: choices.count))
        }
        space = SearchSpace(dimensions)
    }

    /// The point of the initial program.
    var origin: SearchSpace.Point { space.dimensions.map { _ in 0 } }

    func state(at point: SearchSpace.Point) -> ProgramState {
        var state = initial
        var choices = point.makeIterator()
        for path in initial.paths {
            if let choice = choices.next(), let texts = instructions[path], choice < texts.count {
                state[path]?.instructions = texts[choice]
            }
            guard let sets = demos[path], let choice = choices.next() else { continue }
            state[path]?.demos = sets[choice]
        }
        return state
    }

    func params(at point: SearchSpace.Point) -> JSONObject {
        JSONObject(zip(space.dimensions, point).map { ($0.name, JSON.int($1)) })
    }

    /// The parameters of the initial program, known before there is a space.
    static func originParams(of initial: ProgramState, withDemos: Bool) -> JSONObject {
        JSONObject(
            initial.paths.flatMap { path in
                [("\(path).instructions", JSON.int(0))] + (withDemos ? [("\(path).demos", JSON.int(0))] : [])
            })
    }
}
