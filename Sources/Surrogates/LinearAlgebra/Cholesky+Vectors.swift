extension Cholesky {
    /// L⁻¹ b.
    package func solveLower(_ right: [Double]) -> [Double] {
        precondition(right.count == size, "a right side of \(right.count) elements for a factor of size \(size)")
        var result = right
        factor.elements.withUnsafeBufferPointer { factor in
            result.withUnsafeMutableBufferPointer { x in
                guard let factor = factor.baseAddress, let x = x.baseAddress else { return }
                for row in 0..<size {
                    let line = factor + row * size
                    x[row] = (x[row] - dot(line, 0, x, 0, row)) / line[row]
                }
            }
        }
        return result
    }

    /// L⁻ᵀ b.
    package func solveUpper(_ right: [Double]) -> [Double] {
        precondition(right.count == size, "a right side of \(right.count) elements for a factor of size \(size)")
        var result = right
        factor.elements.withUnsafeBufferPointer { factor in
            result.withUnsafeMutableBufferPointer { x in
                guard let factor = factor.baseAddress, let x = x.baseAddress else { return }
                for row in (0..<size).reversed() {
                    let line = factor + row * size
                    x[row] /= line[row]
                    addMultiple(-x[row], line, to: x, row)
                }
            }
        }
        return result
    }

    /// A⁻¹ b.
    package func solve(_ right: [Double]) -> [Double] { solveUpper(solveLower(right)) }

    /// L x.
    package func lowerTimes(_ vector: [Double]) -> [Double] {
        factor.elements.withUnsafeBufferPointer { factor in
            vector.withUnsafeBufferPointer { vector in
                (0..<size).map { row in dot(factor.baseAddress, row * size, vector.baseAddress, 0, row + 1) }
            }
        }
    }

    /// Lᵀ x.
    package func upperTimes(_ vector: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: size)
        factor.elements.withUnsafeBufferPointer { factor in
            result.withUnsafeMutableBufferPointer { result in
                guard let factor = factor.baseAddress, let result = result.baseAddress else { return }
                for row in 0..<size { addMultiple(vector[row], factor + row * size, to: result, row + 1) }
            }
        }
        return result
    }

    /// A⁻¹.
    package var inverse: Matrix {
        let columns = inverseTransposed
        // A⁻¹ = L⁻ᵀ L⁻¹: inner products of the rows of L⁻ᵀ.
        var result = columns.timesTransposed(of: columns, upperTriangular: true, lowerOnly: true)
        result.mirrorLower()
        return result
    }

    /// The diagonal of A⁻¹.
    package var inverseDiagonal: [Double] {
        let columns = inverseTransposed
        return columns.elements.withUnsafeBufferPointer { buffer in
            (0..<size).map { row in
                let start = row * size + row
                return dot(buffer.baseAddress, start, buffer.baseAddress, start, size - row)
            }
        }
    }
}
