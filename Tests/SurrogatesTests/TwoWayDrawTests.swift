import Surrogates
import Testing

@Suite struct TwoWayDrawTests {
    private let noise = Noise(example: 0.08, residual: 0.16)

    @Test func drawsHaveThePosteriorsMoments() {
        let sample = TwoWaySample(seed: 4, choices: [3, 2, 1, 2], points: 5, examples: 6)
        let kernel = AgreementKernel(constant: 0.004, additive: 0.006, pairwise: 0.004, residual: 0.003)
        let model = TwoWayModel(sample.table, .init(kernel: kernel, noise: noise))
        let points = Array(sample.everyPoint.prefix(9))
        let known = Set(sample.table.points)
        #expect(points.contains { known.contains($0) } && points.contains { !known.contains($0) })
        let draws = 20_000
        var sums = [Double](repeating: 0, count: points.count)
        var products = Matrix(rows: points.count, columns: points.count)
        let means = points.map { model.mean(at: $0) }
        for number in 0..<draws {
            let surface = model.draw(seed: 6, number: number)
            let values = points.indices.map { surface.value(at: points[$0]) - means[$0] }
            for row in points.indices {
                sums[row] += values[row]
                for column in 0...row { products[row, column] += values[row] * values[column] }
            }
        }
        func variance(_ row: Int) -> Double {
            // A surface leaves out what is a point's own alone where there is no data.
            model.variance(at: points[row]) - (known.contains(points[row]) ? 0 : kernel.residual)
        }
        for row in points.indices {
            #expect(abs(sums[row] / Double(draws)) < 4 * (variance(row) / Double(draws)).squareRoot())
            for column in 0...row {
                let expected = row == column ? variance(row) : model.covariance(points[row], points[column])
                let error = ((variance(row) * variance(column) + expected * expected) / Double(draws)).squareRoot()
                #expect(abs(products[row, column] / Double(draws) - expected) < 4 * error)
            }
        }
    }

    @Test func coolingDrawsTowardsTheMean() {
        let sample = TwoWaySample(seed: 4, choices: [3, 2, 2], points: 5, examples: 6)
        let kernel = AgreementKernel(constant: 0.01, additive: 0.006, pairwise: 0.004, residual: 0)
        let model = TwoWayModel(sample.table, .init(kernel: kernel, noise: noise))
        let surface = model.draw(seed: 1, number: 2)
        for point in sample.everyPoint {
            let (mean, value) = (model.mean(at: point), surface.value(at: point))
            #expect(abs(surface.cooled(0).value(at: point) - mean) < 1e-12)
            #expect(abs(surface.cooled(0.3).value(at: point) - (mean + 0.3 * (value - mean))) < 1e-12)
            #expect(surface.cooled(1).value(at: point) == value || abs(surface.cooled(1).value(at: point) - value) < 1e-12)
        }
    }

    @Test(arguments: [[5], [4, 3], [3, 1, 4], [2, 3, 5, 2]]) func climbsAreExhaustive(choices: [Int]) {
        let sample = TwoWaySample(seed: 3, choices: choices, points: 6, examples: 5)
        // Without parts of their own, points have the values that the climb sees.
        let kernel = AgreementKernel(constant: 0.01, additive: 0.01, pairwise: 0.02, residual: 0)
        let model = TwoWayModel(sample.table, .init(kernel: kernel, noise: noise))
        for number in 0..<20 {
            let surface = model.draw(seed: 9, number: number)
            for start in sample.everyPoint {
                let neighbours = surface.neighbours(of: start)
                #expect(Set(neighbours).count == choices.reduce(0) { $0 + $1 - 1 })
                let best = neighbours.max { surface.value(at: $0) < surface.value(at: $1) } ?? start
                let gain = surface.value(at: best) - surface.value(at: start)
                let moved = surface.climb(from: start, steps: 1)
                if gain > 1e-9 { #expect(moved == best) }
                if gain < -1e-9 { #expect(moved == start) }
                #expect(surface.climb(from: start, steps: 0) == start)
                let top = surface.climb(from: start)
                #expect(surface.neighbours(of: top).allSatisfy { surface.value(at: $0) < surface.value(at: top) + 1e-9 })
            }
        }
    }

    @Test func leadersAreThePointsWithDataByValue() {
        let sample = TwoWaySample(seed: 4, choices: [3, 2, 2], points: 7, examples: 6)
        let surface = TwoWayModel.fit(sample.table).draw(seed: 1, number: 2)
        #expect(Set(surface.leaders) == Set(sample.table.points))
        #expect(zip(surface.leaders, surface.leaders.dropFirst()).allSatisfy { surface.value(at: $0) >= surface.value(at: $1) })
    }

    @Test func drawsFollowFromTheirKeys() {
        let sample = TwoWaySample(seed: 4, choices: [3, 4, 2], points: 7, examples: 6)
        var model = TwoWayModel.fit(sample.table)
        func values(_ surface: SampledSurface) -> [Double] { sample.everyPoint.map { surface.value(at: $0) } }
        let expected = (0..<10).map { values(model.draw(seed: 1, number: $0)) }
        #expect(Set(expected).count == 10)
        for number in (0..<10).reversed() { #expect(values(model.drawing(seed: 1, number: number)) == expected[number]) }
        #expect(values(model.draw(seed: 2, number: 0)) != expected[0])
    }
}
