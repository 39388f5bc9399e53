internal import JSON
internal import Programs
internal import Surrogates

/// What MIPRO chooses from: per predictor an instruction and, unless zero-shot, a demo set; and the program's parameters.
/// Choice 0 of each is the initial program's.
struct MIPROSpace: Sendable {
    private let initial: ProgramState
    private var instructions: [String: [String]] = [:]
    private var demos: [String: [[JSONObject]]] = [:]
    private let parameters: [ParameterDescription]
    let space: SearchSpace

    /// - Parameters:
    ///   - instructions: by predictor path, the initial ones first. Equal ones become one choice.
    ///   - demoSets: nil where demos are not searched. Equal sets of a predictor become one choice.
    init(
        initial: ProgramState, instructions: [String: [String]], demoSets: [DemoSets.DemoSet]?,
        parameters: [ParameterDescription] = []
    ) {
        self.initial = initial
        self.parameters = parameters
        self.instructions = instructions.mapValues { $0.uniqued() }
        var dimensions: [SearchSpace.Dimension] = []
        for path in initial.paths {
            dimensions.append(.init(name: "\(path).instructions", choices: max(self.instructions[path]?.count ?? 1, 1)))
            guard let demoSets else { continue }
            let choices = ([initial[path]?.demos ?? []] + demoSets.map { $0[path] ?? [] }).uniqued()
            demos[path] = choices
            dimensions.append(.init(name: "\(path).demos", choices: choices.count))
        }
        dimensions += parameters.map { .init(name: $0.path, choices: $0.ordered.count) }
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
        for parameter in parameters {
            if let choice = choices.next() { state.parameters[parameter.path] = parameter.ordered[choice] }
        }
        return state
    }

    /// The point whose choices are those of a state; choice 0 where the space has no such choice.
    func point(nearest state: ProgramState) -> SearchSpace.Point {
        var point: SearchSpace.Point = []
        for path in initial.paths {
            point.append(instructions[path]?.firstIndex(of: state[path]?.instructions ?? "") ?? 0)
            if let sets = demos[path] { point.append(sets.firstIndex(of: state[path]?.demos ?? []) ?? 0) }
        }
        return point + parameters.map { $0.ordered.firstIndex(of: state.parameters[$0.path] ?? $0.initial) ?? 0 }
    }

    /// How many predictors, in the program's order, two points choose alike before the first that differs: what those answer
    /// on an example is asked for once.
    func sharedPredictors(_ first: SearchSpace.Point, _ second: SearchSpace.Point) -> Int {
        var position = 0
        for (count, path) in initial.paths.enumerated() {
            let end = position + (demos[path] == nil ? 1 : 2)
            guard first[position..<end] == second[position..<end] else { return count }
            position = end
        }
        return initial.paths.count
    }

    /// The chosen numbers of instructions and demo sets; of the program's parameters the values.
    func params(at point: SearchSpace.Point) -> JSONObject {
        var params = JSONObject(zip(space.dimensions, point).map { ($0.name, JSON.int($1)) })
        for (parameter, choice) in zip(parameters, point.suffix(parameters.count)) {
            params[parameter.path] = parameter.ordered[choice]
        }
        return params
    }

    /// The parameters of the initial program, known before there is a space.
    static func originParams(of initial: ProgramState, withDemos: Bool) -> JSONObject {
        JSONObject(
            initial.paths.flatMap { path in
                [("\(path).instructions", JSON.int(0))] + (withDemos ? [("\(path).demos", JSON.int(0))] : [])
            }
        ).merging(initial.parameters)
    }
}

extension Array where Element: Equatable {
    /// The first of equal elements, in their order.
    fileprivate func uniqued() -> Self {
        reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

extension ProgramState {
    /// The demos of every predictor.
    var demoSet: DemoSets.DemoSet { Dictionary(uniqueKeysWithValues: paths.map { ($0, self[$0]?.demos ?? []) }) }
}

extension ParameterDescription {
    /// The choices, the initial value first.
    var ordered: [JSON] { [initial] + choices.filter { $0 != initial } }
}
