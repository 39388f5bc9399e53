/// Maximises the expected improvement under a Gaussian process from a point, dimension by dimension, every choice tried.
///
/// The improvement is that of the posterior mean once a block has been evaluated, whose variance is v²/(v + σ²/m) where v is the
/// posterior variance. Without regard to the noise a leader that is well known already would be measured again and again.
struct CoordinateSearch {
    private let process: GaussianProcess
    private let rows: ChoiceRows
    private let threshold: Double
    /// σ²/m
    private let blockNoise: Double

    struct Optimum {
        var point: SearchSpace.Point
        /// The logarithm of the expected improvement.
        var gain: Double
    }

    /// - Parameters:
    ///   - threshold: what is to be improved upon: a score less μ, on the model's scale.
    ///   - block: m, how many values a proposal brings.
    init(_ process: GaussianProcess, threshold: Double, block: Int) {
        self.process = process
        self.threshold = threshold
        blockNoise = process.variance / Double(max(block, 1))
        rows = ChoiceRows(process.set)
    }

    /// The end of the climb from `start`, which need not be allowed itself; nil where it meets no allowed point.
    func climb(from start: SearchSpace.Point, isAllowed: (SearchSpace.Point) -> Bool) -> Optimum? {
        let active = process.set.active
        var point = start
        var place = PointCovariances(process, at: start)
        var best = isAllowed(start) ? gain(place.posterior) : nil
        // Over once no dimension brings a change, seen from where the last one left off. Every change is for the better.
        var (dimension, unchanged) = (0, 0)
        while unchanged < active.count {
            let old = point[active[dimension]]
            var open = place
            open.leave(rows[dimension, old])
            var chosen = old
            for choice in 0..<process.set.space.dimensions[active[dimension]].choices where choice != old {
                let offered = gain(open.posterior(with: rows[dimension, choice]))
                guard best.map({ offered > $0 + 1e-9 }) ?? true else { continue }
                point[active[dimension]] = choice
                if isAllowed(point) { (chosen, best) = (choice, offered) }
            }
            point[active[dimension]] = chosen
            if chosen != old {
                open.enter(rows[dimension, chosen])
                place = open
            }
            unchanged = chosen == old ? unchanged + 1 : 1
            dimension = (dimension + 1) % active.count
        }
        return best.map { Optimum(point: point, gain: $0) }
    }

    /// The places in the model of the points with data that promise most, the most promising first.
    func promising(_ count: Int) -> [Int] {
        let gains = process.posteriorAtPoints.map(gain)
        return Array(gains.indices.sorted { gains[$0] == gains[$1] ? $0 < $1 : gains[$0] > gains[$1] }.prefix(count))
    }

    private func gain(_ posterior: (mean: Double, variance: Double)) -> Double {
        // A variance that rounding cannot turn into zero.
        let variance = max(posterior.variance, 1e-18)
        let deviation = variance / (variance + blockNoise).squareRoot()
        return ExpectedImprovement.logarithm(mean: posterior.mean, deviation: deviation, threshold: threshold)
    }
}

/// The places of points by dimension and choice.
private struct ChoiceRows {
    /// By dimension: places ordered by choice, then by themselves.
    private var rows: [[Int]] = []
    /// By dimension and choice: where its places begin; one more for the end.
    private var starts: [[Int]] = []

    init(_ set: PointSet) {
        for (place, dimension) in set.active.enumerated() {
            var groups = [[Int]](repeating: [], count: set.space.dimensions[dimension].choices)
            for row in 0..<set.count { groups[set.choices[row * set.dimensions + place]].append(row) }
            rows.append(groups.flatMap(\.self))
            starts.append(groups.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) })
        }
    }

    subscript(dimension: Int, choice: Int) -> ArraySlice<Int> {
        rows[dimension][starts[dimension][choice]..<starts[dimension][choice + 1]]
    }
}
