/// Points of a space in canonical order, held by the choices of the dimensions that have more than one.
struct PointSet: Sendable {
    let space: SearchSpace
    let points: [SearchSpace.Point]
    /// The places of the dimensions with more than one choice.
    let active: [Int]
    /// Point after point, their choices of the active dimensions.
    let choices: [Int]

    init(space: SearchSpace, points: [SearchSpace.Point]) {
        let active = space.dimensions.indices.filter { space.dimensions[$0].choices > 1 }
        self.space = space
        self.points = points
        self.active = active
        choices = points.flatMap { point in active.map { point[$0] } }
    }

    var count: Int { points.count }
    /// D: the number of active dimensions.
    var dimensions: Int { active.count }

    /// The agreements of `point` with every point of the set.
    func agreements(with point: SearchSpace.Point) -> [Int] {
        let other = active.map { point[$0] }
        return (0..<count).map { row in
            other.indices.reduce(0) { $0 + (choices[row * other.count + $1] == other[$1] ? 1 : 0) }
        }
    }

    /// By pair of points: `value[agreements]`, above and below the diagonal.
    func matrix(byAgreement value: [Double]) -> Matrix {
        var result = Matrix(rows: count, columns: count)
        let (size, width) = (count, dimensions)
        choices.withUnsafeBufferPointer { choices in
            result.elements.withUnsafeMutableBufferPointer { target in
                for row in 0..<size {
                    for column in 0...row {
                        var agreements = 0
                        for place in 0..<width where choices[row &* width &+ place] == choices[column &* width &+ place] {
                            agreements &+= 1
                        }
                        target[row &* size &+ column] = value[agreements]
                        target[column &* size &+ row] = value[agreements]
                    }
                }
            }
        }
        return result
    }
}
