import Randomness
import Surrogates
import Testing

@Suite struct LinearAlgebraTests {
    /// Sizes around those of the blocks and tiles.
    private static let sizes = [0, 1, 2, 3, 5, 15, 16, 17, 31, 33, 48, 70]

    private func random(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> Matrix {
        var generator = KeyedGenerator(seed: seed, purpose: "matrix", index: rows * 1000 + columns)
        var matrix = Matrix(rows: rows, columns: columns)
        for place in matrix.elements.indices { matrix.elements[place] = generator.uniform() - 0.5 }
        return matrix
    }

    private func positive(_ size: Int) -> Matrix {
        let root = random(size, size)
        var matrix = product(root, root.transposed)
        for place in 0..<size { matrix[place, place] += 0.5 }
        return matrix
    }

    /// By the definition.
    private func product(_ left: Matrix, _ right: Matrix) -> Matrix {
        var result = Matrix(rows: left.rows, columns: right.columns)
        for row in 0..<left.rows {
            for column in 0..<right.columns {
                for k in 0..<left.columns { result[row, column] += left[row, k] * right[k, column] }
            }
        }
        return result
    }

    private func difference(_ left: Matrix, _ right: Matrix) -> Double {
        #expect(left.rows == right.rows && left.columns == right.columns)
        return zip(left.elements, right.elements).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    @Test(arguments: sizes) func productsEqualTheirDefinition(size: Int) {
        let (left, right) = (random(size, size + 3), random(size + 2, size + 3, seed: 2))
        #expect(difference(left.timesTransposed(of: right), product(left, right.transposed)) < 1e-13)
        #expect(
            difference(
                Matrix([left.times(Array(repeating: 1, count: size + 3))]).transposed,
                product(left, Matrix(rows: size + 3, columns: 1, repeating: 1))) < 1e-13 || size == 0)
    }

    @Test(arguments: sizes) func factorsMultiplyBack(size: Int) throws {
        let matrix = positive(size)
        let cholesky = try #require(Cholesky(matrix))
        #expect(difference(product(cholesky.factor, cholesky.factor.transposed), matrix) < 1e-12)
        #expect((0..<size).allSatisfy { row in ((row + 1)..<max(size, row + 1)).allSatisfy { cholesky.factor[row, $0] == 0 } })
        #expect(difference(product(cholesky.inverse, matrix), .identity(size)) < 1e-10)
        let diagonal = cholesky.inverseDiagonal
        #expect((0..<size).allSatisfy { abs(diagonal[$0] - cholesky.inverse[$0, $0]) < 1e-11 })
    }

    @Test(arguments: sizes) func solvesInvertProducts(size: Int) throws {
        let cholesky = try #require(Cholesky(positive(size)))
        let vector = random(1, size, seed: 3).elements
        func isClose(_ other: [Double]) -> Bool { zip(vector, other).allSatisfy { abs($0 - $1) < 1e-11 } }
        #expect(isClose(cholesky.lowerTimes(cholesky.solveLower(vector))))
        #expect(isClose(cholesky.upperTimes(cholesky.solveUpper(vector))))
        #expect(isClose(positive(size).times(cholesky.solve(vector))))
        var rows = random(5, size, seed: 4)
        let before = rows
        cholesky.solveRows(&rows)
        for row in 0..<5 {
            #expect(zip(cholesky.lowerTimes(Array(rows.row(row))), before.row(row)).allSatisfy { abs($0 - $1) < 1e-11 })
        }
    }

    @Test func whatIsNotPositiveHasNoFactor() {
        #expect(Cholesky(Matrix([[1, 0], [0, -1]])) == nil)
        #expect(Cholesky(Matrix([[1, 2], [2, 1]])) == nil)
        #expect(Cholesky(Matrix([[.nan]])) == nil)
        // Singular: the smallest jitter is enough.
        let jittered = Cholesky(jittering: Matrix([[1, 1], [1, 1]]))
        #expect(abs(jittered.factor[0, 0] - 1) < 1e-9)
        #expect(Cholesky(jittering: Matrix(rows: 3, columns: 3)).factor[2, 2] > 0)
    }
}
