/// One draw of the scores of all points from the posterior, as an explicit sum of weights of choices and pairs of choices, plus
/// a residual for every point with data (surrogate.md, 4.3).
package struct SampledSurface: Sendable {
    private var weights: ChoiceWeights
    /// The draw's residual of every point with data, on the model's scale.
    private var residuals: [Double]
    private let posteriorWeights: ChoiceWeights
    private let posteriorResiduals: [Double]
    private let set: PointSet
    private let rowOfPoint: [SearchSpace.Point: Int]
    private let scale: ScoreScale
    private let mean: Double

    init(_ draw: PathwiseDraw, around posterior: PathwiseDraw, _ frame: ModelFrame) {
        (weights, residuals) = (draw.weights, draw.residuals)
        (posteriorWeights, posteriorResiduals) = (posterior.weights, posterior.residuals)
        (set, rowOfPoint) = (frame.observations.set, frame.rowOfPoint)
        (scale, mean) = (frame.observations.scale, frame.observations.mean)
    }

    /// The draw with its distance from the posterior mean times `beta`: 1 leaves it, 0 gives the mean itself.
    package func cooled(_ beta: Double) -> SampledSurface {
        var result = self
        result.weights.shrink(toward: posteriorWeights, by: beta)
        for row in residuals.indices {
            result.residuals[row] = posteriorResiduals[row] + beta * (residuals[row] - posteriorResiduals[row])
        }
        return result
    }

    /// The sampled score of `point`; of a point without data, without the part that is its own alone.
    package func value(at point: SearchSpace.Point) -> Double {
        let choices = set.active.map { point[$0] }
        let sum = choices.withUnsafeBufferPointer { weights.value($0) }
        return scale.score(mean + sum + (rowOfPoint[point].map { residuals[$0] } ?? 0))
    }

    /// The points with data, the greatest sampled score first; ties in canonical order.
    package var leaders: [SearchSpace.Point] {
        let sums = weights.values(at: set)
        let values = sums.indices.map { sums[$0] + residuals[$0] }
        return values.indices.sorted { values[$0] == values[$1] ? $0 < $1 : values[$0] > values[$1] }.map { set.points[$0] }
    }

    /// Up to `steps` times the single change of one choice that raises the sum of weights most, until none does.
    ///
    /// What is each point's own alone does not enter: it is unknown where there is no data.
    /// - Parameter steps: nil stands for as many as there are.
    package func climb(from point: SearchSpace.Point, steps: Int? = nil) -> SearchSpace.Point {
        var result = point
        var gains = ChoiceGains(weights, at: set.active.map { point[$0] })
        var left = steps ?? .max
        while left > 0, let move = gains.best() {
            gains.make(move)
            result[set.active[move.dimension]] = move.choice
            left -= 1
        }
        return result
    }

    /// Every point that differs from `point` in one choice.
    package func neighbours(of point: SearchSpace.Point) -> [SearchSpace.Point] {
        set.active.flatMap { place in
            (0..<set.space.dimensions[place].choices).filter { $0 != point[place] }.map { choice in
                var neighbour = point
                neighbour[place] = choice
                return neighbour
            }
        }
    }
}
