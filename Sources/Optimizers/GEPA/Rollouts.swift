internal import Programs

/// What is known of candidates on training rows: each pair runs once, whoever asks for it.
struct Rollouts: Sendable {
    private var attempts: [String: [Int: Attempt]] = [:]
    /// The decision that runs a pair.
    private var decisions: [String: [Int: Int]] = [:]
    /// By decision that is not told.
    private var pending: [Int: (candidate: String, rows: [Int])] = [:]

    /// The rows that nobody has asked for yet.
    func open(_ rows: [Int], of candidate: String) -> [Int] {
        rows.filter { decisions[candidate]?[$0] == nil }
    }

    mutating func begin(_ rows: [Int], of candidate: String, decision: Int) {
        pending[decision] = (candidate, rows)
        for row in rows { decisions[candidate, default: [:]][row] = decision }
    }

    mutating func tell(_ outcomes: [Attempt], of decision: Int) {
        guard let (candidate, rows) = pending.removeValue(forKey: decision) else { return }
        for (row, attempt) in zip(rows, outcomes) { attempts[candidate, default: [:]][row] = attempt }
    }

    /// The decisions that bring these rows, told or not.
    func sources(of rows: [Int], of candidate: String) -> Set<Int> {
        Set(rows.compactMap { decisions[candidate]?[$0] })
    }

    func attempt(_ row: Int, of candidate: String) -> Attempt? { attempts[candidate]?[row] }
}
