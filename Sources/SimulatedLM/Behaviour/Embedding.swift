/// A text as a vector of unit length: words and letter trigrams hashed into a fixed number of dimensions.
package enum Embedding {
    package static let dimensions = 256

    package static func vector(of text: String, dimensions: Int = dimensions) -> [Double] {
        var vector = [Double](repeating: 0, count: dimensions)
        for entry in TextFeatures(text).vector {
            let hash = Digest.finish(entry.feature)
            let sign: Double = hash & 1 == 0 ? 1 : -1
            vector[Int((hash >> 1) % UInt64(dimensions))] += sign * Double(entry.weight)
        }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? vector.map { $0 / length } : vector
    }
}
