extension GaussianProcess {
    /// The model as it will be once the pending points' blocks have come in, if every one of them gives what is expected.
    ///
    /// The posterior mean then stays as it is everywhere, and the variance falls where the blocks will tell something. Each
    /// pending point enters as a point of its own with the noise of its values, A⁻¹ by the inverse of a bordered matrix.
    /// - Parameters:
    ///   - pending: in any order; a point may stand there more than once.
    ///   - block: how many values are expected of each.
    package func conditioned(on pending: [SearchSpace.Point], block: Int) -> GaussianProcess {
        guard !pending.isEmpty else { return self }
        let added = Self.counted(pending)
        let (old, new) = (set.count, added.count)
        let whole = PointSet(space: set.space, points: set.points + added.map(\.point))
        let addedNoise = added.map { variance / Double(max(block, 1) * $0.count) }
        var cross = Matrix(rows: new, columns: old)
        var rest = Matrix(rows: new, columns: new)
        for (row, entry) in added.enumerated() {
            for (column, agreements) in whole.agreements(with: entry.point).enumerated() {
                if column < old {
                    cross[row, column] = covariances[agreements]
                } else {
                    rest[row, column - old] = covariances[agreements] + (column - old == row ? addedNoise[row] : 0)
                }
            }
        }
        let expected = cross.times(weights)
        return GaussianProcess(
            set: whole, kernel: kernel, scale: scale, center: center, variance: variance, noise: noise + addedNoise,
            residuals: residuals + expected, inverse: bordered(by: cross, rest),
            weights: weights + Array(repeating: 0, count: new))
    }

    /// The inverse of [[A, Cᵀ], [C, R]] from A⁻¹, by the Schur complement S = R − C A⁻¹ Cᵀ.
    private func bordered(by cross: Matrix, _ rest: Matrix) -> Matrix {
        let (old, new) = (cross.columns, cross.rows)
        let solved = cross.timesTransposed(of: inverse)
        let explained = solved.timesTransposed(of: cross)
        var complement = rest
        for place in complement.elements.indices { complement.elements[place] -= explained.elements[place] }
        let factor = Cholesky(jittering: complement)
        // Rows x of C A⁻¹ by columns, then L⁻¹ x: their products are A⁻¹ Cᵀ S⁻¹ C A⁻¹.
        var half = solved.transposed
        factor.solveRows(&half)
        let gain = half.timesTransposed(of: half, lowerOnly: true)
        let inverseRest = factor.inverse
        var result = Matrix(rows: old + new, columns: old + new)
        for row in 0..<old {
            for column in 0...row { result[row, column] = inverse[row, column] + gain[row, column] }
        }
        for row in 0..<new {
            for column in 0..<old {
                result[old + row, column] = -(0..<new).reduce(0) { $0 + inverseRest[row, $1] * solved[$1, column] }
            }
            for column in 0...row { result[old + row, old + column] = inverseRest[row, column] }
        }
        result.mirrorLower()
        return result
    }

    /// The different points in canonical order, and how often each occurs.
    private static func counted(_ points: [SearchSpace.Point]) -> [(point: SearchSpace.Point, count: Int)] {
        Dictionary(grouping: points) { $0 }.map { (point: $0.key, count: $0.value.count) }
            .sorted { $0.point.lexicographicallyPrecedes($1.point) }
    }
}
