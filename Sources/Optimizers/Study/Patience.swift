/// Counts how many evaluations in a row have left the best trial what it was.
struct Patience: Sendable {
    /// nil: endless.
    let limit: Int?
    private var best: Int?
    private var unchanged = 0

    init(limit: Int?) { self.limit = limit }

    var isLimited: Bool { limit != nil }

    /// Whether the limit is reached.
    var isOver: Bool { limit.map { unchanged >= $0 } ?? false }

    /// - Parameter leader: the best trial now; nil while there is none.
    mutating func look(at leader: Int?) {
        guard !isOver else { return }
        unchanged = leader != nil && leader == best ? unchanged + 1 : 0
        best = leader
    }
}
