import Randomness
import Surrogates
import Testing

@Suite struct TwoWayPropertyTests {
    private static let kernel = AgreementKernel(constant: 0.01, additive: 0.003, pairwise: 0.002, residual: 0.001)

    /// One to four dimensions of one to four choices.
    private func sample(_ seed: Int) -> TwoWaySample {
        var generator = KeyedGenerator(seed: UInt64(seed), purpose: "shape")
        return TwoWaySample(
            seed: UInt64(seed), choices: (0..<(1 + generator.below(4))).map { _ in 1 + generator.below(4) },
            points: 1 + generator.below(6), examples: 1 + generator.below(7))
    }

    @Test(arguments: 0..<60) func equalsTheProcessOverAllValues(seed: Int) throws {
        let sample = sample(seed)
        let noise = Noise(example: 0.07, residual: 0.15)
        let model = TwoWayModel(sample.table, .init(kernel: Self.kernel, noise: noise), mean: 0.4)
        let dense = try #require(DenseProcess(sample, Self.kernel, noise, mean: 0.4))
        let points = Array(sample.everyPoint.prefix(12))
        for point in points {
            #expect(abs(model.mean(at: point) - dense.mean(point)) < 1e-10)
            for other in points {
                #expect(abs(model.covariance(point, other) - dense.covariance(point, other)) < 1e-10)
            }
        }
        // Only differences of the evidence are meant: what does not depend on the kernel is left out.
        let kernel = AgreementKernel(constant: 0.01, additive: 0.01, pairwise: 0, residual: 0.004)
        let other = TwoWayModel(sample.table, .init(kernel: kernel, noise: noise), mean: 0.4)
        let otherDense = try #require(DenseProcess(sample, kernel, noise, mean: 0.4))
        #expect(abs(model.logEvidence - other.logEvidence - (dense.logEvidence - otherDense.logEvidence)) < 1e-8)
    }

    /// Examples that do not differ: the ordinary process with noise σ_e²/n_x on the means.
    @Test func withoutEffectsItIsTheOrdinaryProcess() throws {
        let sample = TwoWaySample(seed: 11, choices: [3, 4, 2], points: 6, examples: 7)
        let (table, space) = (sample.table, sample.space)
        let model = TwoWayModel(table, .init(kernel: Self.kernel, noise: Noise(example: 0, residual: 0.15)), mean: 0.4)
        let points = table.points
        var covariance = Matrix(rows: points.count, columns: points.count)
        for (row, point) in points.enumerated() {
            for (column, other) in points.enumerated() {
                covariance[row, column] = DenseProcess.prior(Self.kernel, space, point, other)
            }
            covariance[row, row] += 0.15 / Double(table.count(at: point))
        }
        let weights = try #require(Cholesky(covariance)).solve(points.compactMap { table.mean(at: $0) }.map { $0 - 0.4 })
        for point in sample.everyPoint {
            let expected = points.enumerated().reduce(0.4) {
                $0 + weights[$1.offset] * DenseProcess.prior(Self.kernel, space, point, $1.element)
            }
            #expect(abs(model.mean(at: point) - expected) < 1e-10)
        }
    }

    /// A table that has grown by 500 records, many of them told twice, and one that has them all at once in another order.
    @Test func aGrownTableIsARebuiltOne() {
        let sample = TwoWaySample(seed: 5, choices: [5, 4, 3], points: 30, examples: 24, share: 0.7)
        var generator = KeyedGenerator(seed: 6, purpose: "tells")
        var table = ExampleTable(space: sample.space, examples: sample.examples)
        var told: [TwoWaySample.Record] = []
        for number in 0..<500 {
            let record = sample.records[generator.below(sample.records.count)]
            table.record(record.value, of: record.example, at: record.point)
            told.append(record)
            guard number % 100 == 99 else { continue }
            let rebuilt = TwoWayModel.fit(TwoWaySample.table(sample.space, sample.examples, generator.shuffled(told)))
            let grown = TwoWayModel.fit(table)
            #expect(grown.information.precision == rebuilt.information.precision)
            #expect(grown.beliefs(sample.everyPoint) == rebuilt.beliefs(sample.everyPoint))
        }
    }

    @Test func relabelledChoicesGiveRelabelledBeliefs() {
        let sample = TwoWaySample(seed: 8, choices: [4, 3, 2], points: 10, examples: 8)
        func relabelled(_ point: [Int]) -> [Int] { [(point[0] + 1) % 4, 2 - point[1], 1 - point[2]] }
        let records = sample.records.map {
            TwoWaySample.Record(point: relabelled($0.point), example: $0.example, value: $0.value)
        }
        let model = TwoWayModel.fit(sample.table)
        let other = TwoWayModel.fit(TwoWaySample.table(sample.space, sample.examples, records))
        for point in sample.everyPoint {
            #expect(abs(model.mean(at: point) - other.mean(at: relabelled(point))) < 1e-11)
            #expect(abs(model.variance(at: point) - other.variance(at: relabelled(point))) < 1e-11)
        }
    }

    @Test func noiseAndSpreadAreFound() {
        // Points differ by 0.2 for one choice of two, examples by a deviation of 0.35, the rest by 0.3.
        let space = SearchSpace([.init(name: "a", choices: 2), .init(name: "b", choices: 10)])
        var (table, generator) = (ExampleTable(space: space, examples: 40), KeyedGenerator(seed: 2, purpose: "find"))
        func centred() -> Double { (generator.uniform() - 0.5) * 12.0.squareRoot() }
        let effects = (0..<40).map { _ in 0.35 * centred() }
        var point = [0, 0]
        for _ in 0..<space.size {
            for example in 0..<40 {
                table.record(0.2 * Double(point[0]) + effects[example] + 0.3 * centred(), of: example, at: point)
            }
            point = space.successor(of: point)
        }
        let model = TwoWayModel.fit(table)
        let ratio = model.hyperparameters.noise.example / model.hyperparameters.noise.residual
        #expect(abs(ratio - 0.35 * 0.35 / (0.3 * 0.3)) < 0.4)
        #expect(abs(model.mean(at: [1, 0]) - model.mean(at: [0, 0]) - 0.2) < 0.06)
        #expect(zip(model.effects, effects).allSatisfy { abs($0 - $1) < 0.3 })
        #expect(abs(model.kernelWeights.reduce(0, +) - 1) < 1e-12)
    }

    @Test func unitsOfTheMetricDoNotMatter() {
        let sample = TwoWaySample(seed: 9, choices: [4, 3], points: 9, examples: 9) { $0 * $0 }
        let scaled = sample.records.map {
            TwoWaySample.Record(point: $0.point, example: $0.example, value: $0.value * -1000 + 7)
        }
        let model = TwoWayModel.fit(sample.table)
        let other = TwoWayModel.fit(TwoWaySample.table(sample.space, sample.examples, scaled))
        for point in sample.everyPoint {
            #expect(abs(other.mean(at: point) - (model.mean(at: point) * -1000 + 7)) < 1e-7)
            #expect(abs(other.variance(at: point) - model.variance(at: point) * 1e6) < 1e-4)
        }
    }
}

/// The same process with one row per value: covariance k(x, x') + σ_g² [i = i'] + σ_e² [same value].
private struct DenseProcess {
    let sample: TwoWaySample
    let kernel: AgreementKernel
    let mean: Double
    let factor: Cholesky
    let weights: [Double]
    let logEvidence: Double

    init?(_ sample: TwoWaySample, _ kernel: AgreementKernel, _ noise: Noise, mean: Double) {
        let records = sample.records
        var covariance = Matrix(rows: records.count, columns: records.count)
        for (row, left) in records.enumerated() {
            for (column, right) in records.enumerated() {
                covariance[row, column] =
                    Self.prior(kernel, sample.space, left.point, right.point)
                    + (left.example == right.example ? noise.example : 0) + (row == column ? noise.residual : 0)
            }
        }
        guard let factor = Cholesky(covariance) else { return nil }
        (self.sample, self.kernel, self.mean, self.factor) = (sample, kernel, mean, factor)
        let values = records.map { $0.value - mean }
        weights = factor.solve(values)
        logEvidence = -0.5 * zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } - factor.logDiagonal
    }

    static func prior(_ kernel: AgreementKernel, _ space: SearchSpace, _ left: [Int], _ right: [Int]) -> Double {
        let active = space.dimensions.indices.filter { space.dimensions[$0].choices > 1 }
        let (count, agreements) = (Double(active.count), Double(active.filter { left[$0] == right[$0] }.count))
        let additive = count > 0 ? kernel.additive * agreements / count : 0
        let pairwise = count > 1 ? kernel.pairwise * agreements * (agreements - 1) / (count * (count - 1)) : 0
        return kernel.constant + additive + pairwise + (left == right ? kernel.residual : 0)
    }

    private func cross(_ point: [Int]) -> [Double] { sample.records.map { Self.prior(kernel, sample.space, point, $0.point) } }

    func mean(_ point: [Int]) -> Double { zip(cross(point), weights).reduce(mean) { $0 + $1.0 * $1.1 } }

    func covariance(_ left: [Int], _ right: [Int]) -> Double {
        let explained = zip(cross(left), factor.solve(cross(right))).reduce(0) { $0 + $1.0 * $1.1 }
        return Self.prior(kernel, sample.space, left, right) - explained
    }
}
