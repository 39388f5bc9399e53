/// Finds units that the store holds for a worker which does not know of them: the answer to a lease was lost on the way.
///
/// A unit that is reported at this very moment is unknown too, for an instant; so only what was unknown at two looks in a
/// row, under the same attempt, counts. A value without I/O.
struct Reconciliation: Sendable {
    private var suspects: [Int: Int] = [:]

    /// - Parameters:
    ///   - held: unit and attempt, as the store has them.
    ///   - isKnown: whether the worker has the unit in hand.
    /// - Returns: what is to be given back.
    mutating func orphans(
        held: [(unit: Int, attempt: Int)], isKnown: (Int) -> Bool
    ) -> [(unit: Int, attempt: Int)] {
        let unknown = held.filter { !isKnown($0.unit) }
        defer { suspects = Dictionary(unknown.map { ($0.unit, $0.attempt) }) { first, _ in first } }
        return unknown.filter { suspects[$0.unit] == $0.attempt }
    }
}
