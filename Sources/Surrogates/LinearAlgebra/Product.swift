/// Kernels over rows of contiguous doubles: A Bᵀ, with both matrices read along their rows. All of the linear algebra here is
/// arranged so that this one product does the work. The order of additions depends on the sizes only, never on the data.

private typealias Pair = SIMD2<Double>

/// The inner product of `count` elements from left[leftStart] and right[rightStart].
@inline(__always)
func dot(_ left: UnsafePointer<Double>?, _ leftStart: Int, _ right: UnsafePointer<Double>?, _ rightStart: Int, _ count: Int)
    -> Double
{
    guard let left, let right else { return 0 }
    let (a, b) = (left + leftStart, right + rightStart)
    var (first, second, third, fourth) = (Pair.zero, Pair.zero, Pair.zero, Pair.zero)
    var k = 0
    while k &+ 8 <= count {
        first += pair(a, k) * pair(b, k)
        second += pair(a, k &+ 2) * pair(b, k &+ 2)
        third += pair(a, k &+ 4) * pair(b, k &+ 4)
        fourth += pair(a, k &+ 6) * pair(b, k &+ 6)
        k &+= 8
    }
    var sum = ((first + second) + (third + fourth)).sum()
    while k < count {
        sum += a[k] * b[k]
        k &+= 1
    }
    return sum
}

/// target[t] += factor * source[t]
@inline(__always)
func addMultiple(
    _ factor: Double, _ source: UnsafePointer<Double>, to target: UnsafeMutablePointer<Double>, _ count: Int
) {
    var k = 0
    while k < count {
        target[k] += factor * source[k]
        k &+= 1
    }
}

@inline(__always)
private func pair(_ pointer: UnsafePointer<Double>, _ offset: Int) -> Pair {
    UnsafeRawPointer(pointer + offset).loadUnaligned(as: Pair.self)
}

/// A block of rows within a larger matrix.
struct Panel {
    var start: UnsafePointer<Double>
    /// Distance from one row to the next, in elements.
    var stride: Int

    @inline(__always)
    func row(_ row: Int) -> UnsafePointer<Double> { start + row &* stride }
}

/// C += sign · A Bᵀ for the first `rows` rows of A and `columns` rows of B, over the elements `range` of each of their rows.
func addProduct(
    _ sign: Double, _ a: Panel, _ b: Panel, rows: Int, columns: Int, over range: Range<Int>,
    to c: UnsafeMutablePointer<Double>, stride: Int
) {
    // Pieces of rows short enough for a panel of B to stay in the second-level cache.
    let (length, tall) = (256, 64)
    var first = range.lowerBound
    while first < range.upperBound {
        let count = min(length, range.upperBound - first)
        var top = 0
        while top < columns {
            let bottom = min(top + tall, columns)
            var row = 0
            while row < rows {
                addStrip(sign, a, b, row..<min(row + 4, rows), top..<bottom, first, count, c, stride)
                row += 4
            }
            top = bottom
        }
        first += count
    }
}

/// Up to four rows of C.
@inline(__always)
private func addStrip(
    _ sign: Double, _ a: Panel, _ b: Panel, _ rows: Range<Int>, _ columns: Range<Int>, _ first: Int, _ count: Int,
    _ c: UnsafeMutablePointer<Double>, _ stride: Int
) {
    var column = columns.lowerBound
    if rows.count == 4 {
        while column &+ 2 <= columns.upperBound {
            addTile(sign, a, b, rows.lowerBound, column, first, count, c, stride)
            column &+= 2
        }
    }
    while column < columns.upperBound {
        for row in rows { c[row &* stride &+ column] += sign * dot(a.row(row), first, b.row(column), first, count) }
        column &+= 1
    }
}

/// Four rows by two columns of C, held in registers.
@inline(__always)
private func addTile(
    _ sign: Double, _ a: Panel, _ b: Panel, _ row: Int, _ column: Int, _ first: Int, _ count: Int,
    _ c: UnsafeMutablePointer<Double>, _ stride: Int
) {
    let (a0, a1, a2, a3) = (a.row(row) + first, a.row(row &+ 1) + first, a.row(row &+ 2) + first, a.row(row &+ 3) + first)
    let (b0, b1) = (b.row(column) + first, b.row(column &+ 1) + first)
    var (s00, s10, s20, s30) = (Pair.zero, Pair.zero, Pair.zero, Pair.zero)
    var (s01, s11, s21, s31) = (Pair.zero, Pair.zero, Pair.zero, Pair.zero)
    var k = 0
    while k &+ 2 <= count {
        let (left, right) = (pair(b0, k), pair(b1, k))
        let (x0, x1) = (pair(a0, k), pair(a1, k))
        s00 += x0 * left
        s01 += x0 * right
        s10 += x1 * left
        s11 += x1 * right
        let (x2, x3) = (pair(a2, k), pair(a3, k))
        s20 += x2 * left
        s21 += x2 * right
        s30 += x3 * left
        s31 += x3 * right
        k &+= 2
    }
    var tail = (
        s00.sum(), s10.sum(), s20.sum(), s30.sum(), s01.sum(), s11.sum(), s21.sum(), s31.sum()
    )
    if k < count {
        let (left, right) = (b0[k], b1[k])
        tail.0 += a0[k] * left
        tail.1 += a1[k] * left
        tail.2 += a2[k] * left
        tail.3 += a3[k] * left
        tail.4 += a0[k] * right
        tail.5 += a1[k] * right
        tail.6 += a2[k] * right
        tail.7 += a3[k] * right
    }
    let target = c + (row &* stride &+ column)
    target[0] += sign * tail.0
    target[1] += sign * tail.4
    target[stride] += sign * tail.1
    target[stride &+ 1] += sign * tail.5
    target[2 &* stride] += sign * tail.2
    target[2 &* stride &+ 1] += sign * tail.6
    target[3 &* stride] += sign * tail.3
    target[3 &* stride &+ 1] += sign * tail.7
}
