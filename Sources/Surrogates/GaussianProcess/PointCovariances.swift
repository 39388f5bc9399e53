/// The covariances of a point x with the points of a model, kept up to date while x changes one dimension at a time.
///
/// A change of one dimension changes the covariances only with the points that share the choice left or the choice taken. With
/// A⁻¹ k(X, x) at hand, the posteriors of all C choices of a dimension cost O(N²/C) together, where a single posterior
/// variance from scratch costs O(N²).
struct PointCovariances {
    private let process: GaussianProcess
    /// By number of agreements: what one more adds to the covariance.
    private let steps: [Double]
    /// By point of the model.
    private var agreements: [Int]
    /// k(X, x)
    private var covariances: [Double]
    /// A⁻¹ k(X, x)
    private var solved: [Double]
    /// k(x, X) α and k(x, X) A⁻¹ k(X, x)
    private var sums: (mean: Double, explained: Double)

    init(_ process: GaussianProcess, at point: SearchSpace.Point) {
        self.process = process
        steps = zip(process.covariances.dropFirst(), process.covariances).map { $0 - $1 }
        agreements = process.set.agreements(with: point)
        covariances = agreements.map { process.covariances[$0] }
        solved = process.inverse.times(covariances)
        sums = (0, 0)
        sums = currentSums
    }

    /// Takes away a choice, that of the points at `rows`. The dimension is open then.
    mutating func leave(_ rows: ArraySlice<Int>) {
        for row in rows {
            agreements[row] -= 1
            change(row, by: -steps[agreements[row]])
        }
        sums = currentSums
    }

    /// Takes a choice, that of the points at `rows`, in the dimension that is open.
    mutating func enter(_ rows: ArraySlice<Int>) {
        for row in rows {
            change(row, by: steps[agreements[row]])
            agreements[row] += 1
        }
    }

    /// The posterior mean less μ and variance at x, on the model's scale, once it takes the choice of the points at `rows` in the
    /// dimension that is open.
    func posterior(with rows: ArraySlice<Int>) -> (mean: Double, variance: Double) {
        let size = covariances.count
        var (mean, explained) = sums
        // This is where a proposal spends its time: what the inner loop needs of earlier rows lies side by side.
        withUnsafeTemporaryAllocation(of: (row: Int, twiceStep: Double).self, capacity: rows.count) { earlier in
            process.inverse.elements.withUnsafeBufferPointer { inverse in
                var count = 0
                for row in rows {
                    let step = steps[agreements[row]]
                    mean += step * process.weights[row]
                    var crossed = 2 * solved[row] + step * inverse[row &* size &+ row]
                    for other in earlier[..<count] { crossed += other.twiceStep * inverse[row &* size &+ other.row] }
                    explained += step * crossed
                    earlier[count] = (row, 2 * step)
                    count += 1
                }
            }
        }
        return (mean, process.covariances[process.set.dimensions] - explained)
    }

    /// The same with every dimension taken.
    var posterior: (mean: Double, variance: Double) {
        let sums = currentSums
        return (sums.mean, process.covariances[process.set.dimensions] - sums.explained)
    }

    private var currentSums: (mean: Double, explained: Double) {
        (innerProduct(covariances, process.weights), innerProduct(covariances, solved))
    }

    private mutating func change(_ row: Int, by step: Double) {
        let size = covariances.count
        covariances[row] += step
        // A⁻¹ is symmetric: its row is its column.
        process.inverse.elements.withUnsafeBufferPointer { inverse in
            solved.withUnsafeMutableBufferPointer { solved in
                guard let inverse = inverse.baseAddress, let solved = solved.baseAddress else { return }
                addMultiple(step, inverse + row &* size, to: solved, size)
            }
        }
    }
}

private func innerProduct(_ left: [Double], _ right: [Double]) -> Double {
    left.withUnsafeBufferPointer { left in
        right.withUnsafeBufferPointer { dot(left.baseAddress, 0, $0.baseAddress, 0, left.count) }
    }
}
