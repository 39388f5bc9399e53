internal import Optimizers
internal import Store
internal import Studies

/// What a study's told work has used, and what a further run of its program is expected to use. A value without I/O.
///
/// Told work is summed piece by piece as its usage becomes known, so that nothing is ever read twice.
struct Spending: Sendable {
    struct Amount: Sendable, Hashable {
        var calls = 0.0
        var tokens = 0.0
        var usd = 0.0

        static func += (sum: inout Amount, other: Amount) {
            sum.calls += other.calls
            sum.tokens += other.tokens
            sum.usd += other.usd
        }
    }

    /// Told work whose usage is not known yet.
    struct Piece: Sendable, Hashable {
        var work: SpentWork
        /// Runs of the program.
        var runs: Int
        /// The candidate that was run.
        var candidate: String?
    }

    private(set) var spent = Amount()
    private(set) var waiting: [Piece] = []
    /// Roles that were called and whose tokens their server did not count.
    private(set) var uncountedRoles: Set<String> = []
    /// Roles that used tokens without a known price.
    private(set) var unpricedRoles: Set<String> = []
    private var byCandidate: [String: (runs: Int, amount: Amount)] = [:]
    private var runs = 0
    private var spentOnRuns = Amount()

    /// A candidate's mean is told from the others' by so many runs.
    private static let tellingRuns = 20

    mutating func tell(_ decision: Decision) {
        if let piece = decision.spentPiece { waiting.append(piece) }
    }

    /// Takes the first pieces that wait, worth about `examples` examples.
    func next(examples: Int) -> ArraySlice<Piece> {
        var count = 0
        let end = waiting.firstIndex { piece in
            defer { count += max(piece.runs, 1) }
            return count >= examples
        }
        return waiting[..<(end ?? waiting.endIndex)]
    }

    /// What the first pieces have used.
    /// - Parameter cost: in USD; nil where a price is not known.
    mutating func add(_ usage: [[RoleUsage]], cost: (RoleUsage) -> Double?) {
        for (piece, used) in zip(waiting, usage) { add(used, of: piece, cost: cost) }
        waiting.removeFirst(min(usage.count, waiting.count))
    }

    private mutating func add(_ used: [RoleUsage], of piece: Piece, cost: (RoleUsage) -> Double?) {
        var amount = Amount()
        for role in used where role.calls > 0 {
            let tokens = role.promptTokens + role.completionTokens
            if tokens == 0 { uncountedRoles.insert(role.role) }
            let usd = tokens == 0 ? nil : cost(role)
            if tokens > 0, usd == nil { unpricedRoles.insert(role.role) }
            amount += Amount(calls: Double(role.calls), tokens: Double(tokens), usd: usd ?? 0)
        }
        spent += amount
        guard piece.runs > 0 else { return }
        runs += piece.runs
        spentOnRuns += amount
        if let candidate = piece.candidate {
            byCandidate[candidate, default: (0, Amount())].runs += piece.runs
            byCandidate[candidate, default: (0, Amount())].amount += amount
        }
    }

    /// What was used, and what `further` runs beside those that wait to be summed are expected to use: each as much as the most
    /// expensive candidate's mean, for that one may be the winner.
    func expected(_ part: KeyPath<Amount, Double>, further: Int) -> Double {
        let count = Double(further + waiting.reduce(0) { $0 + $1.runs })
        return spent[keyPath: part] + count * (perRun(part) ?? (part == \.calls ? 1 : 0))
    }

    private func perRun(_ part: KeyPath<Amount, Double>) -> Double? {
        guard runs > 0 else { return nil }
        let overall = spentOnRuns[keyPath: part] / Double(runs)
        return byCandidate.values.filter { $0.runs >= Self.tellingRuns }.reduce(overall) {
            max($0, $1.amount[keyPath: part] / Double($1.runs))
        }
    }
}

extension Decision {
    /// The decision's own work, without the rows that earlier decisions asked for; nil where it called nothing.
    fileprivate var spentPiece: Spending.Piece? {
        switch work {
        case .evaluate(_, let candidate, let split, _, let fresh, let retry):
            guard !fresh.isEmpty else { return nil }
            let work = SpentWork.results(candidate: candidate, split: split.rawValue, rollout: retry, examples: fresh)
            return Spending.Piece(work: work, runs: fresh.count, candidate: candidate)
        case .bootstrap(let candidate, let examples, let round):
            return .init(
                work: .results(candidate: candidate, split: "train", rollout: round, examples: examples), runs: examples.count)
        case .trace(let candidate, let examples, let round):
            let rollout = Self.firstTraceRollout + round
            return .init(
                work: .results(candidate: candidate, split: "train", rollout: rollout, examples: examples), runs: examples.count)
        case .propose(let calls): return .init(work: .proposals(keys: calls.map(unitKey)), runs: 0)
        case .finetune(let call): return .init(work: .proposals(keys: [unitKey(of: call)]), runs: 0)
        case .stop: return nil
        }
    }
}
