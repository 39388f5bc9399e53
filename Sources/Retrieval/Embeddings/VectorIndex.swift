/// Vectors of one length, searched by cosine similarity; exact, all are looked at.
package struct VectorIndex: Sendable {
    package let dimensions: Int
    /// Vector after vector, each of length 1 (or all zeros).
    private let components: [Float]

    package var count: Int { components.count / dimensions }

    /// - Parameter components: vector after vector; their number is a multiple of `dimensions`.
    package init(dimensions: Int, components: [Float]) {
        precondition(dimensions > 0 && components.count.isMultiple(of: dimensions), "vectors of different lengths")
        self.dimensions = dimensions
        var components = components
        components.withUnsafeMutableBufferPointer { buffer in
            for start in stride(from: 0, to: buffer.count, by: dimensions) {
                normalize(UnsafeMutableBufferPointer(rebasing: buffer[start..<start + dimensions]))
            }
        }
        self.components = components
    }

    /// The `limit` vectors nearest to `query` with their cosines, best first; of equal ones the first.
    ///
    /// - Precondition: the query has ``dimensions`` components.
    package func search(_ query: [Float], limit: Int) -> [(number: Int, score: Double)] {
        precondition(query.count == dimensions, "a query of another length")
        guard limit > 0 else { return [] }
        let query = normalized(query)
        var top = TopRanks(limit: limit)
        components.withUnsafeBytes { vectors in
            query.withUnsafeBytes { query in
                for number in 0..<count {
                    let vector = UnsafeRawBufferPointer(rebasing: vectors[number * query.count..<(number + 1) * query.count])
                    top.offer(Rank(number: Int32(number), score: Double(dot(vector, query))))
                }
            }
        }
        return top.sorted.map { (Int($0.number), $0.score) }
    }
}

/// The vector with length 1; one of length 0 is left as it is.
package func normalized(_ vector: [Float]) -> [Float] {
    var vector = vector
    vector.withUnsafeMutableBufferPointer { normalize($0) }
    return vector
}

private func normalize(_ vector: UnsafeMutableBufferPointer<Float>) {
    let bytes = UnsafeRawBufferPointer(vector)
    let length = dot(bytes, bytes).squareRoot()
    guard length > 0, length.isFinite else { return }
    for index in vector.indices { vector[index] /= length }
}

/// Sums sixteen at a time: a sum in order would not be vectorised, since it rounds differently.
private func dot(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Float {
    let (lane, step) = (MemoryLayout<SIMD8<Float>>.size, 2 * MemoryLayout<SIMD8<Float>>.size)
    var (even, odd) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
    var offset = 0
    while offset + step <= left.count {
        even +=
            left.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
            * right.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
        odd +=
            left.loadUnaligned(fromByteOffset: offset + lane, as: SIMD8<Float>.self)
            * right.loadUnaligned(fromByteOffset: offset + lane, as: SIMD8<Float>.self)
        offset += step
    }
    var sum = (even + odd).sum()
    while offset < left.count {
        sum +=
            left.loadUnaligned(fromByteOffset: offset, as: Float.self)
            * right.loadUnaligned(fromByteOffset: offset, as: Float.self)
        offset += MemoryLayout<Float>.size
    }
    return sum
}
