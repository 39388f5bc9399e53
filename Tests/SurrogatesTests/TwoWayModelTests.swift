import Randomness
import Testing

@testable import Surrogates

@Suite struct TwoWayModelTests {
    private static let kernel = AgreementKernel(constant: 0.01, additive: 0.0024, pairwise: 0.0009, residual: 0.0003)
    private static let noise = Noise(example: 0.08, residual: 0.16)

    /// Random zeros and ones at random points.
    private func table(
        _ seed: Int, choices: [Int] = [3, 4, 2], points: Int = 6, examples: Int = 8, shuffled: Int? = nil, repeated: Bool = false,
        value: (inout KeyedGenerator) -> Double = { $0.uniform() < 0.6 ? 1 : 0 }
    ) -> ExampleTable {
        let space = SearchSpace(choices.enumerated().map { .init(name: "d\($0)", choices: $1) })
        var generator = KeyedGenerator(seed: UInt64(seed), purpose: "table")
        var records: [(point: SearchSpace.Point, example: Int, value: Double)] = []
        for _ in 0..<points {
            let point = choices.map { generator.below($0) }
            for example in 0..<examples where generator.uniform() < 0.6 { records.append((point, example, value(&generator))) }
        }
        // The first value of a pair stands: repeats must not compete when the order changes.
        var seen: Set<[Int]> = []
        records = records.filter { seen.insert($0.point + [$0.example]).inserted }
        if let shuffled {
            var order = KeyedGenerator(seed: UInt64(shuffled), purpose: "order")
            records = order.shuffled(records)
        }
        var table = ExampleTable(space: space, examples: examples)
        for record in records {
            table.record(record.value, of: record.example, at: record.point)
            if repeated { table.record(1 - record.value, of: record.example, at: record.point) }
        }
        return table
    }

    private func everyPoint(_ space: SearchSpace) -> [SearchSpace.Point] {
        var point = space.dimensions.map { _ in 0 }
        return (0..<space.size).map { _ in
            defer { point = space.successor(of: point) }
            return point
        }
    }

    // MARK: Against other computations

    /// The process over all values with the examples' effects in its covariance, solved at once.
    @Test(arguments: 0..<60) func equalsTheDenseProcess(seed: Int) {
        let table = table(seed)
        guard table.observations > 0 else { return }
        let model = TwoWayModel(table, .init(kernel: Self.kernel, noise: Self.noise), mean: 0.5)
        let observed = table.points.flatMap { point in table.values(at: point).map { (point, $0.example, $0.value - 0.5) } }
        let space = table.space
        func prior(_ left: SearchSpace.Point, _ right: SearchSpace.Point) -> Double {
            let d = Double(space.dimensions.count)
            let h = Double(zip(left, right).count { $0 == $1 })
            return Self.kernel.constant + Self.kernel.additive * h / d + Self.kernel.pairwise * h * (h - 1) / (d * (d - 1))
                + (left == right ? Self.kernel.residual : 0)
        }
        var covariance = Matrix(rows: observed.count, columns: observed.count)
        for (i, left) in observed.enumerated() {
            for (j, right) in observed.enumerated() {
                covariance[i, j] =
                    prior(left.0, right.0) + (left.1 == right.1 ? Self.noise.example : 0) + (i == j ? Self.noise.residual : 0)
            }
        }
        let factor = Cholesky(jittering: covariance)
        let alpha = factor.solve(observed.map(\.2))
        for point in everyPoint(space) {
            let between = observed.map { prior($0.0, point) }
            let mean = 0.5 + zip(between, alpha).reduce(0) { $0 + $1.0 * $1.1 }
            let solved = factor.solve(between)
            let variance = prior(point, point) - zip(between, solved).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(model.mean(at: point) - mean) < 1e-8)
            #expect(abs(model.variance(at: point) - variance) < 1e-8)
        }
    }

    // MARK: What a fit depends on

    @Test(arguments: 0..<12) func theOrderOfArrivalDoesNotMatter(seed: Int) {
        let first = TwoWayModel.fit(table(seed, points: 12))
        let other = TwoWayModel.fit(table(seed, points: 12, shuffled: seed + 100, repeated: true))
        #expect(first.points == other.points && first.kernelWeights == other.kernelWeights)
        #expect(first.hyperparameters == other.hyperparameters)
        for point in everyPoint(
            SearchSpace([.init(name: "a", choices: 3), .init(name: "b", choices: 4), .init(name: "c", choices: 2)]))
        {
            #expect(first.mean(at: point).bitPattern == other.mean(at: point).bitPattern)
            #expect(first.variance(at: point).bitPattern == other.variance(at: point).bitPattern)
            let (left, right) = (first.draw(seed: 3, number: 5), other.draw(seed: 3, number: 5))
            #expect(left.value(at: point).bitPattern == right.value(at: point).bitPattern)
        }
    }

    @Test func onlyWhatWasMeasuredCounts() {
        var table = table(4)
        let before = TwoWayModel.fit(table)
        table.record(.nan, of: 0, at: [2, 3, 1])
        table.record(.infinity, of: 0, at: [2, 3, 1])
        #expect(table.count(at: [2, 3, 1]) == TwoWayModelTests().table(4).count(at: [2, 3, 1]))
        #expect(TwoWayModel.fit(table).mean(at: [0, 0, 0]) == before.mean(at: [0, 0, 0]))
    }

    // MARK: Draws

    /// Draws differ from each other as the posterior says; a part that all points share is left out of them.
    @Test func drawsFollowThePosterior() {
        let table = table(7, points: 8)
        var model = TwoWayModel(table, .init(kernel: Self.kernel, noise: Self.noise))
        let points = Array(table.points.prefix(3))
        let count = 20_000
        var sums = [Double](repeating: 0, count: 3)
        var squares = sums
        let pairs = [(0, 1), (0, 2), (1, 2)]
        for number in 0..<count {
            let draw = model.drawing(seed: 11, number: number)
            let values = points.map(draw.value)
            for (index, pair) in pairs.enumerated() {
                let difference = values[pair.0] - values[pair.1]
                sums[index] += difference
                squares[index] += difference * difference
            }
        }
        for (index, pair) in pairs.enumerated() {
            let (left, right) = (points[pair.0], points[pair.1])
            let expected = model.mean(at: left) - model.mean(at: right)
            let variance = model.variance(at: left) + model.variance(at: right) - 2 * model.covariance(left, right)
            let mean = sums[index] / Double(count)
            let found = squares[index] / Double(count) - mean * mean
            #expect(abs(mean - expected) < 4 * (variance / Double(count)).squareRoot())
            #expect(abs(found - variance) < 4 * variance * (2 / Double(count)).squareRoot())
        }
    }

    @Test(arguments: 0..<20) func climbsEndWhereNoSingleChangeHelps(seed: Int) {
        let table = table(seed, choices: [4, 5, 3, 2], points: 10)
        let draw = TwoWayModel.fit(table).draw(seed: 5, number: seed)
        // Of a point without data the part that is its own alone is unknown: compare without it.
        let fresh = everyPoint(table.space).filter { table.count(at: $0) == 0 }
        guard let start = fresh.first else { return }
        func neighbours(_ point: SearchSpace.Point) -> [SearchSpace.Point] {
            draw.neighbours(of: point).filter { table.count(at: $0) == 0 }
        }
        let top = draw.climb(from: start)
        if table.count(at: top) == 0 {
            for other in neighbours(top) { #expect(draw.value(at: other) <= draw.value(at: top) + 1e-12) }
        }
        let step = draw.climb(from: start, steps: 1)
        if table.count(at: step) == 0 {
            for other in neighbours(start) { #expect(draw.value(at: other) <= draw.value(at: step) + 1e-12) }
        }
        #expect(draw.climb(from: start, steps: 0) == start)
    }

    @Test func coolingEndsAtTheMean() {
        let table = table(3, points: 9)
        let model = TwoWayModel(table, .init(kernel: Self.kernel, noise: Self.noise))
        let (left, right) = (table.points[0], table.points[1])
        let cold = model.draw(seed: 1, number: 1).cooled(0)
        let expected = model.mean(at: left) - model.mean(at: right)
        #expect(abs(cold.value(at: left) - cold.value(at: right) - expected) < 1e-9)
    }

    // MARK: Odd data

    @Test(arguments: [
        ([5], 1, 1), ([1, 1], 1, 4), ([2], 6, 3), ([1, 3, 1], 5, 6), ([4, 4], 30, 1), ([3, 3, 3], 20, 9),
    ])
    func oddShapesFit(choices: [Int], points: Int, examples: Int) {
        for seed in 0..<4 {
            let table = table(seed, choices: choices, points: points, examples: examples)
            guard table.observations > 0 else { continue }
            let model = TwoWayModel.fit(table)
            for point in everyPoint(table.space) {
                #expect(model.mean(at: point).isFinite && model.variance(at: point).isFinite && model.variance(at: point) >= 0)
            }
            #expect(table.space.contains(model.draw(seed: 1, number: 0).climb(from: table.points[0])))
        }
    }

    @Test(
        arguments: [
            { _ in 0.0 }, { _ in 1.0 }, { _ in -3.5 }, { $0.uniform() }, { 200 * $0.uniform() - 150 },
            { $0.uniform() < 0.1 ? -1e12 : $0.uniform() }, { $0.uniform() * 1e-9 }, { $0.uniform() * 1e300 },
        ] as [@Sendable (inout KeyedGenerator) -> Double])
    func oddMetricsFit(value: @Sendable (inout KeyedGenerator) -> Double) {
        let table = table(2, points: 10, value: { value(&$0) })
        let model = TwoWayModel.fit(table)
        let beliefs = model.beliefs(table.points)
        #expect(beliefs.allSatisfy { $0.mean.isFinite && $0.deviation.isFinite && $0.deviation >= 0 })
        #expect(model.draw(seed: 0, number: 0).leaders.count == table.points.count)
    }
}
