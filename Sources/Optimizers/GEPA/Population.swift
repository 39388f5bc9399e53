internal import Programs
internal import Randomness

/// The candidates that were evaluated on all validation rows, in the order in which they were; the first is the uncompiled
/// program.
struct Population: Sendable {
    struct Member: Sendable {
        let trial: Int
        let state: ProgramState
        /// Two after a merge; none of the uncompiled program.
        let parents: [Int]
        /// By validation row; nil where it is missing.
        fileprivate(set) var scores: [Double?]
        fileprivate(set) var mean: Double
        /// Which predictor the next reflection on it rewrites.
        var nextPredictor: Int
    }

    private(set) var members: [Member]
    /// Who leads somewhere; kept, as every iteration asks for it and few change it.
    private(set) var front: ParetoFront
    /// What a member counts that has no score at all.
    private let failureScore: Double

    /// The uncompiled program alone, whose scores are to come.
    init(origin: ProgramState, failureScore: Double) {
        members = [Member(trial: 0, state: origin, parents: [], scores: [], mean: failureScore, nextPredictor: 0)]
        front = ParetoFront(scores: [[]], means: [failureScore])
        self.failureScore = failureScore
    }

    mutating func setScores(_ scores: [Double?], of member: Int) {
        members[member].scores = scores
        members[member].mean = average(scores.compactMap(\.self)) ?? failureScore
        front = ParetoFront(scores: members.map(\.scores), means: members.map(\.mean))
    }

    /// A new member goes on with the predictors where its parents are.
    mutating func add(trial: Int, state: ProgramState, parents: [Int], scores: [Double?]) {
        let next = parents.map { members[$0].nextPredictor }.max() ?? 0
        members.append(Member(trial: trial, state: state, parents: parents, scores: [], mean: failureScore, nextPredictor: next))
        setScores(scores, of: members.count - 1)
    }

    /// Who is reflected on next. Where nobody has a score, the uncompiled program.
    func parent(by selection: GEPASettings.CandidateSelection, _ generator: inout KeyedGenerator) -> Int {
        switch selection {
        case .currentBest:
            return members.indices.reduce(0) { members[$1].mean > members[$0].mean ? $1 : $0 }
        case .pareto:
            let leads = front.leads
            let total = leads.reduce(0) { $0 + $1.rows }
            guard total > 0 else { return 0 }
            var place = generator.below(total)
            for (member, rows) in leads {
                if place < rows { return member }
                place -= rows
            }
            return 0
        }
    }

    /// The predictors that a reflection on `member` rewrites, by their positions.
    mutating func predictors(of member: Int, by selection: GEPASettings.ComponentSelection, count: Int) -> [Int] {
        guard selection == .roundRobin else { return Array(0..<count) }
        let next = members[member].nextPredictor % count
        members[member].nextPredictor = (next + 1) % count
        return [next]
    }

    /// All from whom `member` descends.
    func ancestors(of member: Int) -> Set<Int> {
        var found: Set<Int> = []
        var open = members[member].parents
        while let ancestor = open.popLast() {
            if found.insert(ancestor).inserted { open += members[ancestor].parents }
        }
        return found
    }
}
