/// The factor L of a symmetric positive definite matrix A = L Lᵀ, and what is solved with it.
///
/// Blocked and left-looking over rows (Golub and Van Loan, "Matrix Computations", 4th edition, section 4.2); nearly all of the
/// work is `addProduct`.
package struct Cholesky: Sendable {
    /// L: lower triangular, zeros above the diagonal.
    package private(set) var factor: Matrix

    /// Columns treated at a time.
    private static let block = 16

    /// - Parameter matrix: its lower triangle is read.
    /// - Returns: nil where the matrix is not positive definite within rounding.
    package init?(_ matrix: Matrix) {
        precondition(matrix.rows == matrix.columns, "only a square matrix has a Cholesky factor")
        factor = matrix
        let size = matrix.rows
        let succeeded = factor.elements.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return true }
            var first = 0
            while first < size {
                let next = min(first + Self.block, size)
                let below = start + first * size
                addProduct(
                    -1, Panel(start: below, stride: size), Panel(start: below, stride: size), rows: size - first,
                    columns: next - first, over: 0..<first, to: below + first, stride: size)
                guard Self.factorBlock(start, size, first..<next) else { return false }
                Self.solveBlock(start + next * size, size, rows: size - next, with: start, size, first..<next)
                first = next
            }
            for row in 0..<size { for column in (row + 1)..<max(size, row + 1) { start[row * size + column] = 0 } }
            return true
        }
        guard succeeded else { return nil }
    }

    /// The factor of a matrix that is positive definite but for rounding: the smallest of 0, 1e-10, 1e-9 … times the largest
    /// element of the diagonal is added to the diagonal until it succeeds.
    package init(jittering matrix: Matrix) {
        if let exact = Cholesky(matrix) {
            self = exact
            return
        }
        let largest = (0..<matrix.rows).reduce(0) { max($0, abs(matrix[$1, $1])) }
        var share = 1e-10
        while share < 1e3 {
            var raised = matrix
            for place in 0..<matrix.rows { raised[place, place] += share * max(largest, .leastNormalMagnitude / 1e-12) }
            if let factor = Cholesky(raised) {
                self = factor
                return
            }
            share *= 10
        }
        preconditionFailure("a matrix with elements that are not numbers has no Cholesky factor")
    }

    package var size: Int { factor.rows }

    /// Σ log L_ii: half of the logarithm of the determinant.
    package var logDiagonal: Double { (0..<size).reduce(0) { $0 + logarithm(factor[$1, $1]) } }

    /// The diagonal block of the given columns, by inner products.
    private static func factorBlock(_ start: UnsafeMutablePointer<Double>, _ stride: Int, _ columns: Range<Int>) -> Bool {
        for row in columns {
            let current = start + row * stride
            for column in columns.lowerBound..<row {
                let other = start + column * stride
                let count = column - columns.lowerBound
                current[column] =
                    (current[column] - dot(current, columns.lowerBound, other, columns.lowerBound, count)) / other[column]
            }
            let rest = current[row] - dot(current, columns.lowerBound, current, columns.lowerBound, row - columns.lowerBound)
            guard rest > 0, rest.isFinite else { return false }
            current[row] = rest.squareRoot()
        }
        return true
    }

    /// Rows x of a panel become x L⁻ᵀ within the given columns; what stands left of them has been subtracted before.
    private static func solveBlock(
        _ panel: UnsafeMutablePointer<Double>, _ stride: Int, rows: Int, with factor: UnsafePointer<Double>,
        _ factorStride: Int, _ columns: Range<Int>
    ) {
        for row in 0..<rows {
            let current = panel + row * stride
            for column in columns {
                let other = factor + column * factorStride
                let count = column - columns.lowerBound
                current[column] =
                    (current[column] - dot(current, columns.lowerBound, other, columns.lowerBound, count)) / other[column]
            }
        }
    }

    /// Every row x of `matrix` becomes L⁻¹ x.
    package func solveRows(_ matrix: inout Matrix) {
        precondition(matrix.columns == size, "rows of \(matrix.columns) elements for a factor of size \(size)")
        let rows = matrix.rows
        factor.elements.withUnsafeBufferPointer { factor in
            matrix.elements.withUnsafeMutableBufferPointer { target in
                guard let factor = factor.baseAddress, let target = target.baseAddress else { return }
                var first = 0
                while first < size {
                    let next = min(first + Self.block, size)
                    addProduct(
                        -1, Panel(start: target, stride: size), Panel(start: factor + first * size, stride: size), rows: rows,
                        columns: next - first, over: 0..<first, to: target + first, stride: size)
                    Self.solveBlock(target, size, rows: rows, with: factor, size, first..<next)
                    first = next
                }
            }
        }
    }

    /// The rows of the result are the columns of L⁻¹: (L⁻¹)ᵀ, upper triangular.
    package var inverseTransposed: Matrix {
        var result = Matrix.identity(size)
        factor.elements.withUnsafeBufferPointer { factor in
            result.elements.withUnsafeMutableBufferPointer { target in
                guard let factor = factor.baseAddress, let target = target.baseAddress else { return }
                var first = 0
                while first < size {
                    let next = min(first + Self.block, size)
                    // Row i is zero left of its diagonal, and rows from `next` on are not reached yet.
                    var top = 0
                    while top < first {
                        let bottom = min(top + Self.block, first)
                        addProduct(
                            -1, Panel(start: target + top * size, stride: size),
                            Panel(start: factor + first * size, stride: size), rows: bottom - top, columns: next - first,
                            over: top..<first, to: target + top * size + first, stride: size)
                        top = bottom
                    }
                    Self.solveBlock(target, size, rows: next, with: factor, size, first..<next)
                    first = next
                }
            }
        }
        return result
    }
}
