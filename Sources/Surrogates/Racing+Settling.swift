extension Racing {
    /// How many surfaces are drawn to judge whether the search has settled.
    private static let draws = 100

    /// Whether, by draws from the joint posterior, at most the rule's share of surfaces has a point that beats the leader by more
    /// than the margin: one with data, or one that a climb from the best of them reaches. What a point without data has of its
    /// own alone is unknown and does not enter.
    package mutating func isSettled(_ table: ExampleTable, _ rule: SettlingRule) -> Bool {
        guard rule.probability > 0,
            let leader = beliefs(table)?.min(by: { ($1.mean, $0.deviation) < ($0.mean, $1.deviation) })
        else { return false }
        var left = Int(rule.probability * Double(Self.draws))
        for number in 0..<Self.draws {
            // Draws of their own: the proposals' draws stay what they are.
            let surface = draw(table, number, seed: seed ^ 0x5e77_1ed0_5e77_1ed0)
            guard let best = surface.leaders.first else { return false }
            let value = surface.value(at: leader.point) + rule.margin
            if surface.value(at: best) > value || surface.value(at: surface.climb(from: best)) > value { left -= 1 }
            if left < 0 { return false }
        }
        return true
    }
}
