/// A dense matrix of doubles, row after row in one buffer.
package struct Matrix: Sendable, Hashable {
    package let rows: Int
    package let columns: Int
    package var elements: [Double]

    package init(rows: Int, columns: Int, repeating value: Double = 0) {
        self.rows = rows
        self.columns = columns
        elements = Array(repeating: value, count: rows * columns)
    }

    /// Rows of equal length.
    package init(_ rows: [[Double]]) {
        self.rows = rows.count
        columns = rows.first?.count ?? 0
        elements = rows.flatMap(\.self)
        precondition(elements.count == self.rows * columns, "the rows of a matrix are of one length")
    }

    package static func identity(_ size: Int) -> Matrix {
        var matrix = Matrix(rows: size, columns: size)
        for place in 0..<size { matrix[place, place] = 1 }
        return matrix
    }

    package subscript(row: Int, column: Int) -> Double {
        get { elements[row * columns + column] }
        set { elements[row * columns + column] = newValue }
    }

    package func row(_ row: Int) -> ArraySlice<Double> { elements[row * columns..<(row + 1) * columns] }

    package var transposed: Matrix {
        var result = Matrix(rows: columns, columns: rows)
        result.elements.withUnsafeMutableBufferPointer { target in
            elements.withUnsafeBufferPointer { source in
                for row in 0..<rows { for column in 0..<columns { target[column * rows + row] = source[row * columns + column] } }
            }
        }
        return result
    }

    /// Copies what is below the diagonal of a square matrix above it.
    package mutating func mirrorLower() {
        let size = rows
        elements.withUnsafeMutableBufferPointer { buffer in
            for row in 0..<size { for column in 0..<row { buffer[column * size + row] = buffer[row * size + column] } }
        }
    }

    /// The product with a vector; every element is one sum from left to right.
    package func times(_ vector: [Double]) -> [Double] {
        precondition(vector.count == columns, "a matrix of \(columns) columns times a vector of \(vector.count) elements")
        return elements.withUnsafeBufferPointer { buffer in
            vector.withUnsafeBufferPointer { vector in
                (0..<rows).map { row in dot(buffer.baseAddress, row * columns, vector.baseAddress, 0, columns) }
            }
        }
    }
}
