/// The variances of what is not the points': the examples' difficulty and what remains, on the model's scale.
package struct Noise: Sendable, Hashable {
    /// σ_g²: how much examples differ in difficulty.
    package var example: Double
    /// σ_e²: what remains of one value.
    package var residual: Double

    package init(example: Double, residual: Double) {
        self.example = example
        self.residual = residual
    }

    /// d_i = 1 / (n_i + σ_e²/σ_g²) for every example.
    func damping(_ exampleCounts: [Int]) -> [Double] {
        let ratio = residual / example
        return exampleCounts.map { 1 / (Double($0) + ratio) }
    }
}

/// What the observations say about the points once the examples' effects are eliminated (surrogate.md, 4.1):
///
///     W = (diag(n_x) − M diag(d) Mᵀ) / σ_e²,   r = (row sums − M (d · column sums)) / σ_e²
///
/// The likelihood of the points' values f is then exp(rᵀ f − ½ fᵀ W f) but for a constant.
package struct Information: Sendable {
    /// W, N × N, symmetric.
    package var precision: Matrix
    /// r
    package var weighted: [Double]

    init(_ observations: Observations, noise: Noise) {
        let damping = noise.damping(observations.exampleCounts)
        let sums = observations.exampleSums()
        let size = observations.rows.count
        weighted = observations.rows.map { row in
            row.reduce(0) { $0 + ($1.residual - damping[$1.example] * sums[$1.example]) } / noise.residual
        }
        var pointsOfExample = [[Int]](repeating: [], count: observations.examples)
        for (place, row) in observations.rows.enumerated() { for entry in row { pointsOfExample[entry.example].append(place) } }
        precision = Matrix(rows: size, columns: size)
        precision.elements.withUnsafeMutableBufferPointer { target in
            for (example, places) in pointsOfExample.enumerated() {
                let share = damping[example] / noise.residual
                places.withUnsafeBufferPointer { places in
                    for (index, row) in places.enumerated() {
                        let start = row &* size
                        for other in 0...index { target[start &+ places[other]] -= share }
                    }
                }
            }
            for (place, row) in observations.rows.enumerated() {
                target[place * size + place] += Double(row.count) / noise.residual
            }
        }
        precision.mirrorLower()
    }
}
