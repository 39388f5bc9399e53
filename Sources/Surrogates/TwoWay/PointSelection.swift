/// Which points enter a computation that must stay bounded: a function of the observations, not of their order.
enum PointSelection {
    /// A hash of a point's choices.
    static func key(_ point: SearchSpace.Point) -> UInt64 { NormalStream.key(0x5851_F42D_4C95_7F2D, 3, point) }

    /// At most `limit` points without regard to their values, by their hashes.
    static func sample(_ observations: Observations, _ limit: Int) -> Observations {
        let points = observations.set.points
        guard points.count > limit else { return observations }
        return observations.selecting(byKey(Array(points.indices), points).prefix(limit).sorted())
    }

    /// At most `limit` points: half of them those that stand highest (mean drawn to μ plus a deviation), and a sample of the
    /// others, which keeps what is known about poor regions.
    static func standing(_ observations: Observations, _ limit: Int) -> Observations {
        let points = observations.set.points
        guard points.count > limit else { return observations }
        let pooled = observations.scale.isBinary ? 0.24 : 0.0625
        let standings = observations.rows.map { row in
            let count = Double(row.count) + 40
            return row.reduce(0) { $0 + $1.residual } / count + (pooled / count).squareRoot()
        }
        let ranked = points.indices.sorted { standings[$0] == standings[$1] ? $0 < $1 : standings[$0] > standings[$1] }
        let others = byKey(Array(ranked.dropFirst(limit / 2)), points).prefix(limit - limit / 2)
        return observations.selecting((ranked.prefix(limit / 2) + others).sorted())
    }

    private static func byKey(_ places: [Int], _ points: [SearchSpace.Point]) -> [Int] {
        places.map { (key(points[$0]), $0) }.sorted { $0 < $1 }.map(\.1)
    }
}
