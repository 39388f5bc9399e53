import JSON
import SearchSimulation
import Testing

@Suite struct SimulatedSearchTests {
    private func surface(_ name: String = "light_D4", seed: Int = 5) throws -> Surface {
        Surface(try #require(SurfaceClass(named: name)), seed: seed)
    }

    @Test(arguments: SearchMethod.allCases)
    func everyMethodRepeatsItself(method: SearchMethod) throws {
        let surface = try surface()
        let search = SimulatedSearch(method: method, budget: 3, inFlight: 4)
        let regret = search.regret(on: surface)
        #expect(regret.count == 3 && regret.allSatisfy { 0...100 ~= $0 })
        #expect(search.regret(on: surface) == regret)
    }

    /// One full evaluation is the uncompiled program's own: nothing else can be recommended by then.
    @Test func theFirstFullEvaluationIsTheBaselines() throws {
        let surface = try surface()
        let baseline = 100 * (surface.optimum - surface.trueScore(at: [0, 0, 0, 0]))
        #expect(SimulatedSearch(method: .dspy, budget: 3, inFlight: 1).regret(on: surface)[0] == baseline)
    }

    /// What it recommends at some spend does not depend on how much is spent later.
    @Test func aLongerSearchBeginsAsAShorterOne() throws {
        let surface = try surface()
        let short = SimulatedSearch(method: .dspy, budget: 3, inFlight: 1).regret(on: surface)
        let long = SimulatedSearch(method: .dspy, budget: 6, inFlight: 1).regret(on: surface)
        #expect(Array(long.prefix(3)) == short)
    }

    @Test(arguments: [SearchMethod.racing, .dspy])
    func searchingHelps(method: SearchMethod) throws {
        let regrets = try (0..<4).map { seed in
            SimulatedSearch(method: method, budget: 6, inFlight: 4).regret(on: try surface(seed: seed))
        }
        let first = regrets.reduce(0) { $0 + $1[0] } / 4
        let last = regrets.reduce(0) { $0 + $1[5] } / 4
        #expect(last < 0.75 * first, "\(first) → \(last)")
    }

    @Test func summariesHaveThePeersShape() throws {
        let summary = RegretSummary(
            cls: "own", method: .dspy, budget: 2, runs: [(seed: 1, regret: [4, 2]), (seed: 2, regret: [8, 2.005])])
        #expect(summary.mean == [6, 2.0025])
        // The peer's: numpy's standard deviation by the root of the number.
        #expect(abs(summary.standardError[0] - 2 / 2.0.squareRoot()) < 1e-12)
        let expected = #"{"cls": "own", "method": "dspy", "seeds": 2, "budget": 2, "regret": [6.0, 2.0], "sem": [1.41, 0.0]}"#
        #expect(summary.json(withRuns: false).serialized(.python) == expected)
        #expect(summary.json(withRuns: true)["runs"]?.arrayValue?.count == 2)
    }
}
