extension Matrix {
    /// A Bᵀ, where A is this matrix.
    /// - Parameters:
    ///   - upperTriangular: A has zeros left of its diagonal, which are skipped.
    ///   - lowerOnly: only what stands on and below the diagonal of the result is meant; the rest is unspecified.
    package func timesTransposed(of other: Matrix, upperTriangular: Bool = false, lowerOnly: Bool = false) -> Matrix {
        precondition(columns == other.columns, "rows of \(columns) and of \(other.columns) elements have no inner product")
        var result = Matrix(rows: rows, columns: other.rows)
        elements.withUnsafeBufferPointer { left in
            other.elements.withUnsafeBufferPointer { right in
                result.elements.withUnsafeMutableBufferPointer { target in
                    guard let left = left.baseAddress, let right = right.baseAddress, let target = target.baseAddress else {
                        return
                    }
                    var first = 0
                    while first < rows {
                        let next = min(first + 32, rows)
                        addProduct(
                            1, Panel(start: left + first * columns, stride: columns), Panel(start: right, stride: columns),
                            rows: next - first, columns: lowerOnly ? min(next, other.rows) : other.rows,
                            over: (upperTriangular ? min(first, columns) : 0)..<columns,
                            to: target + first * other.rows, stride: other.rows)
                        first = next
                    }
                }
            }
        }
        return result
    }
}
