internal import Optimizers
internal import Surrogates

/// Runs the very search of studies on surfaces, without any LM, and measures the regret of what it recommends.
package struct SimulatedSearch: Sendable {
    package var method: SearchMethod
    /// In full evaluations of the validation examples; the baseline's is the first.
    package var budget: Int
    /// How many blocks are decided ahead of their results.
    package var inFlight: Int
    /// How many candidates of an earlier search on the same surface it begins with. The earlier one spends as much, on draws of
    /// its own.
    package var warmStart: Int

    package init(method: SearchMethod, budget: Int, inFlight: Int, warmStart: Int = 0) {
        self.method = method
        self.budget = budget
        self.inFlight = inFlight
        self.warmStart = warmStart
    }

    /// The regret after 1, 2, … `budget` full evaluations, in points: 100 times the difference between the surface's optimum
    /// and the true score of what the search would recommend by then. What is spent is the number of distinct pairs of
    /// candidate and example that results were told of.
    package func regret(on surface: Surface) -> [Double] {
        let earlier = warmStart > 0 ? run(on: surface, isEarlier: true).best : []
        return run(on: surface, beginningWith: Array(earlier.prefix(warmStart))).regret
    }

    /// - Returns: the curve, and the points that the search believes in most, the best first.
    private func run(
        on surface: Surface, isEarlier: Bool = false, beginningWith first: [SearchSpace.Point] = []
    ) -> (regret: [Double], best: [SearchSpace.Point]) {
        let examples = budget * surface.validation
        let block = method.block(of: surface)
        let study = SimulatedStudy(
            surface, method, seed: UInt64(bitPattern: Int64(surface.seed)), block: block, examples: examples,
            width: inFlight * block, beginningWith: first)
        var plan = SpaceSearchPlan(
            study.facts, settings: study.settings, instructions: study.instructions, demoSets: study.demoSets)
        var curve = RegretCurve(surface: surface, length: budget)
        var decisions: [Decision] = []
        var points: [Int: SearchSpace.Point] = [:]
        var spent = 0
        search: while spent < examples {
            switch plan.next() {
            case .issue(let decision):
                decisions.append(decision)
                for start in decision.trials { points[start.number] = study.point(of: start.params) }
            case .await(let index):
                guard case .evaluate(let trial, _, _, let asked, let fresh, _) = decisions[index].work,
                    let point = points[trial]
                else { preconditionFailure("a search over a space evaluates the points that it has named") }
                curve.advance(to: spent + fresh.count) { plan.recommended.flatMap { points[$0] } }
                spent += fresh.count
                plan.tell(.evaluated(surface.outcomes(of: asked, at: point, isEarlier: isEarlier).map { .scored($0) }))
            case .finish: break search
            }
        }
        return (curve.filled { plan.recommended.flatMap { points[$0] } }, plan.ranked.compactMap { points[$0] })
    }
}

/// Regret by spend: the value at a full evaluation is of what was recommended when no more than it had been spent.
private struct RegretCurve {
    let surface: Surface
    let length: Int
    private var regrets: [Double] = []

    init(surface: Surface, length: Int) {
        self.surface = surface
        self.length = length
    }

    /// To be called before results are told that bring the spend to `examples`.
    mutating func advance(to examples: Int, recommended: () -> SearchSpace.Point?) {
        guard regrets.count < length, (regrets.count + 1) * surface.validation < examples else { return }
        let regret = regret(of: recommended())
        while regrets.count < length, (regrets.count + 1) * surface.validation < examples { regrets.append(regret) }
    }

    /// With what is recommended in the end for all that is still open.
    func filled(recommended: () -> SearchSpace.Point?) -> [Double] {
        guard regrets.count < length else { return regrets }
        return regrets + Array(repeating: regret(of: recommended()), count: length - regrets.count)
    }

    /// Before anything is known, the uncompiled program is recommended: the origin.
    private func regret(of point: SearchSpace.Point?) -> Double {
        100 * (surface.optimum - surface.trueScore(at: point ?? surface.choices.map { _ in 0 }))
    }
}
