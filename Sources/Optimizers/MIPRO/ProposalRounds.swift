internal import Surrogates

/// When further instructions are proposed during a search, and when the search begins to use them.
///
/// Round r of N is due when (r − 1)/N of the search's examples are told. While the prompt model writes, the search goes on, up
/// to a fixed number of examples behind that mark; there the answers are awaited. So what a round sees, and what sees the round,
/// follows from the results alone.
struct ProposalRounds: Sendable {
    private let rounds: Int
    private let planned: Int
    private let ahead: Int
    /// Rounds whose choices the search has.
    private(set) var adopted = 1
    private(set) var isUnderWay = false

    /// - Parameters:
    ///   - rounds: with the one before the search.
    ///   - planned: how many examples the search is expected to ask for.
    ///   - width: how many of them may be under way.
    init(rounds: Int, planned: Int, width: Int) {
        self.rounds = rounds
        self.planned = planned
        ahead = min(2 * width, planned / (2 * rounds))
    }

    enum Step {
        /// Results are not far enough, or all rounds are over: the search goes on.
        case search
        /// The next round is to be issued.
        case propose
        /// The answers of the round under way are to be taken in.
        case adopt
        /// Results must be awaited before more is asked for.
        case wait
    }

    /// - Parameters:
    ///   - asked: examples of the search so far.
    ///   - told: those of them with results.
    func step(asked: Int, told: Int) -> Step {
        guard adopted < rounds else { return .search }
        let mark = planned * adopted / rounds
        if !isUnderWay, told >= mark { return .propose }
        guard asked >= mark + ahead else { return .search }
        return isUnderWay ? .adopt : .wait
    }

    /// Whether a search that has come to its end might go on with another round.
    var areLeft: Bool { adopted < rounds }

    mutating func begin() { isUnderWay = true }

    mutating func end() {
        isUnderWay = false
        adopted += 1
    }
}
