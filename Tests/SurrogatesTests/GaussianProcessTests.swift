import Randomness
import Surrogates
import Testing

/// The formulas of a Gaussian process written down once more, by elimination on a dense matrix.
private struct DenseProcess {
    var points: [[Int]]
    var means: [Double]
    var noise: [Double]
    var center: Double
    var kernel: AgreementKernel

    func covariance(_ a: [Int], _ b: [Int]) -> Double {
        let (h, d) = (Double(zip(a, b).filter { $0 == $1 }.count), Double(a.count))
        return kernel.constant + kernel.additive * h / d + (d > 1 ? kernel.pairwise * h * (h - 1) / (d * (d - 1)) : 0)
            + (a == b ? kernel.residual : 0)
    }

    func posterior(_ point: [Int]) -> (mean: Double, variance: Double) {
        var matrix = points.indices.map { row in
            points.indices.map { covariance(points[row], points[$0]) + (row == $0 ? noise[row] : 0) }
        }
        var right = points.indices.map { [means[$0] - center, covariance(points[$0], point)] }
        for pivot in points.indices {
            for row in points.indices where row > pivot {
                let factor = matrix[row][pivot] / matrix[pivot][pivot]
                for column in pivot..<points.count { matrix[row][column] -= factor * matrix[pivot][column] }
                for side in 0..<2 { right[row][side] -= factor * right[pivot][side] }
            }
        }
        for row in points.indices.reversed() {
            for side in 0..<2 {
                for column in points.indices where column > row { right[row][side] -= matrix[row][column] * right[column][side] }
                right[row][side] /= matrix[row][row]
            }
        }
        let row = points.map { covariance($0, point) }
        return (
            center + row.indices.reduce(0) { $0 + row[$1] * right[$1][0] },
            covariance(point, point) - row.indices.reduce(0) { $0 + row[$1] * right[$1][1] }
        )
    }
}

@Suite struct GaussianProcessTests {
    private let kernel = AgreementKernel(constant: 0.01, additive: 0.004, pairwise: 0.003, residual: 0.002)

    private func table(_ choices: [Int], points: Int, seed: UInt64) -> ExampleTable {
        let space = SearchSpace(choices.enumerated().map { .init(name: "d\($0.offset)", choices: $0.element) })
        var table = ExampleTable(space: space, examples: 30)
        for number in 0..<points {
            var generator = KeyedGenerator(seed: seed, purpose: "points", index: number)
            let point = choices.map { generator.below($0) }
            for example in 0..<(1 + generator.below(29)) {
                table.record(generator.uniform() < 0.6 ? 1 : 0, of: example, at: point)
            }
        }
        return table
    }

    private func dense(_ table: ExampleTable, variance: Double) -> DenseProcess {
        let all = table.points.flatMap { table.values(at: $0).map(\.value) }
        return DenseProcess(
            points: table.points, means: table.points.compactMap(table.mean(at:)),
            noise: table.points.map { variance / Double(table.count(at: $0)) },
            center: (all.reduce(0, +) + 1) / Double(all.count + 2), kernel: kernel)
    }

    @Test(arguments: [[4, 3, 5], [6], [2, 2, 2, 2, 2]], [1, 2, 25])
    func equalsADenseSolve(choices: [Int], points: Int) {
        for seed in 0..<10 {
            let table = table(choices, points: points, seed: UInt64(seed))
            let (process, dense) = (GaussianProcess(table, kernel: kernel, variance: 0.2), dense(table, variance: 0.2))
            var point = choices.map { _ in 0 }
            for _ in 0..<40 {
                let (belief, expected) = (process.belief(at: point), dense.posterior(point))
                #expect(abs(belief.mean - expected.mean) < 1e-10)
                #expect(abs(belief.deviation * belief.deviation - expected.variance) < 1e-10)
                point = table.space.successor(of: point)
            }
            for (belief, point) in zip(process.beliefs(table.points), table.points) {
                let expected = dense.posterior(point)
                #expect(belief.point == point)
                #expect(abs(belief.mean - expected.mean) < 1e-10)
                #expect(abs(belief.deviation * belief.deviation - expected.variance) < 1e-10)
            }
        }
    }

    @Test func pendingPointsLowerTheDeviationAndNotTheMean() {
        let table = table([4, 3, 5], points: 20, seed: 3)
        // A new point, one twice, and one that has data.
        let pending = [[1, 2, 4], [3, 0, 2], [1, 2, 4], table.points[5]]
        let process = GaussianProcess(table, kernel: kernel, variance: 0.2)
        let ahead = process.conditioned(on: pending, block: 12)
        var dense = dense(table, variance: 0.2)
        let expected = Dictionary(grouping: pending) { $0 }.map { ($0.key, Double($0.value.count), dense.posterior($0.key).mean) }
        for (point, count, mean) in expected {
            dense.points.append(point)
            dense.means.append(mean)
            dense.noise.append(0.2 / (12 * count))
        }
        var point = [0, 0, 0]
        for _ in 0..<table.space.size {
            let (before, after, expected) = (process.belief(at: point), ahead.belief(at: point), dense.posterior(point))
            #expect(abs(after.mean - before.mean) < 1e-12)
            #expect(after.deviation <= before.deviation + 1e-12)
            #expect(abs(after.deviation * after.deviation - expected.variance) < 1e-10)
            point = table.space.successor(of: point)
        }
        let (before, after) = (process.belief(at: [1, 2, 4]).deviation, ahead.belief(at: [1, 2, 4]).deviation)
        #expect(after < 0.95 * before)
    }

    @Test func theFitFindsWhatVaries() {
        // One dimension decides; values without noise of measuring within points.
        let space = SearchSpace((0..<3).map { .init(name: "d\($0)", choices: 4) })
        var table = ExampleTable(space: space, examples: 10)
        for number in 0..<30 {
            var generator = KeyedGenerator(seed: 5, purpose: "points", index: number)
            let point = space.randomPoint(&generator)
            for example in 0..<10 { table.record(example < 2 + 2 * point[1] ? 1 : 0, of: example, at: point) }
        }
        let process = GaussianProcess.fit(table)
        #expect(process.mean(at: [0, 3, 0]) > process.mean(at: [0, 0, 0]) + 0.3)
        #expect(process.kernel.additive > 0.01)
    }
}
