import JSON
import SearchSimulation
import Surrogates
import Testing

@Suite struct GeneratedSurfaceTests {
    private func surface(_ name: String, seed: Int = 5) throws -> Surface {
        Surface(try #require(SurfaceClass(named: name)), seed: seed)
    }

    @Test func thereAreFourteenClasses() {
        #expect(SurfaceClass.all.count == 14 && Set(SurfaceClass.all.map(\.name)).count == 14)
        #expect(SurfaceClass.core.allSatisfy { SurfaceClass(named: $0) != nil })
        #expect(SurfaceClass(named: "mixed") == nil)
    }

    /// What the surrogate research says of its own surfaces: the spread of random points, and how far the best is above them.
    @Test(arguments: [
        ("mixed_D8", 0.03...0.09, 0.15...0.5), ("tiny_D8", 0.005...0.025, 0.03...0.15), ("needle_D4", 0.002...0.03, 0.1...0.35),
        ("pipe_D8", 0.01...0.09, 0.05...0.5), ("heavy_D8", 0.03...0.09, 0.15...0.5),
    ])
    func theirSpreadIsThePeers(name: String, spread: ClosedRange<Double>, above: ClosedRange<Double>) throws {
        var deviations: [Double] = []
        var heights: [Double] = []
        for seed in 0..<2 {
            let surface = try surface(name, seed: seed)
            let scores = (0..<60).map { number in
                surface.trueScore(at: surface.choices.enumerated().map { ($0 * 7 + number * (2 * $0 + 3)) % $1 })
            }
            let mean = scores.reduce(0, +) / Double(scores.count)
            deviations.append((scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(scores.count)).squareRoot())
            heights.append(surface.optimum - mean)
            #expect(scores.allSatisfy { 0...surface.optimum + 0.01 ~= $0 })
        }
        #expect(spread.contains(deviations.reduce(0, +) / 2), "\(deviations)")
        #expect(above.contains(heights.reduce(0, +) / 2), "\(heights)")
    }

    @Test func seedsAndClassesGiveDifferentSurfaces() throws {
        let point = [1, 2, 3, 4, 5, 6, 7, 8]
        let scores = try [surface("mixed_D8"), surface("mixed_D8", seed: 6), surface("inter_D8")].map { $0.trueScore(at: point) }
        #expect(Set(scores).count == 3)
        #expect(try surface("mixed_D8").trueScore(at: point) == scores[0], "the same seed, the same surface")
    }

    @Test func outcomesAreDrawnOncePerPointAndExample() throws {
        let surface = try surface("mixed_D4")
        let point = [3, 4, 5, 6]
        let all = surface.outcomes(of: Array(0..<300), at: point)
        #expect(surface.outcomes(of: [250, 3, 17], at: point) == [all[250], all[3], all[17]])
        #expect(Set(all) == [0, 1])
        let expected = surface.probabilities(at: point, of: 0..<300).reduce(0, +) / 300
        #expect(abs(all.reduce(0, +) / 300 - expected) < 0.1)
        #expect(surface.outcomes(of: Array(0..<300), at: [3, 4, 5, 7]) != all)
    }

    /// The climb finds at least what every single change of its point gives, within the choices that it looks at.
    @Test func theOptimumIsAHillTop() throws {
        let surface = try surface("light_D4")
        let top = surface.climbed()
        #expect(top.score == surface.optimum && surface.trueScore(at: top.point) == top.score)
        for dimension in surface.choices.indices {
            for choice in 0..<surface.choices[dimension] {
                var other = top.point
                other[dimension] = choice
                #expect(surface.trueScore(at: other) <= top.score + 0.005)
            }
        }
    }
}
