internal import JSON
internal import Optimizers
internal import Programs
internal import Store

/// What told runs of a study's program have used, by role: what a further run is expected to use. A value without I/O.
///
/// Told work is summed piece by piece as its usage becomes known, so that nothing is ever read twice.
struct Spending: Sendable {
    /// Told work whose usage is not known yet.
    struct Piece: Sendable, Hashable {
        var work: SpentWork
        /// Runs of the program.
        var runs: Int
        /// The candidate that was run.
        var candidate: String?
    }

    private struct Runs {
        var count = 0
        var usage: [String: RoleUsage] = [:]

        mutating func add(_ count: Int, _ used: some Sequence<RoleUsage>) {
            self.count += count
            for role in used { usage[role.role, default: RoleUsage(role: role.role)] += role }
        }

        func mean(_ role: String, _ value: (RoleUsage) -> Double) -> Double {
            count == 0 ? 0 : (usage[role].map(value) ?? 0) / Double(count)
        }
    }

    private(set) var waiting: [Piece] = []
    /// What all summed pieces have used, by role.
    private(set) var spent: [String: RoleUsage] = [:]
    private var byCandidate: [String: Runs] = [:]
    private var all = Runs()
    /// Of runs that have ended and are not told yet: they say what a run takes while nothing else does.
    private var foreseen = Runs()
    /// What each candidate's state takes in bytes, instructions and demos: they stand in the prompts of its predictors.
    private var sizes: [String: (bytes: Int, predictors: Int)] = [:]
    /// The candidate that is run first: the uncompiled program.
    private var initial: String?

    /// A candidate's mean is told from the others' by so many runs.
    private static let tellingRuns = 20

    /// How many runs tell what a run takes.
    var knownRuns: Int { all.count > 0 ? all.count : foreseen.count }

    /// Learns of a decision's candidates, when it is made.
    mutating func note(_ decision: Decision) {
        for candidate in decision.candidates {
            sizes[candidate.id] = (candidate.state.json.serialized().utf8.count, candidate.state.paths.count)
        }
        if initial == nil, case .evaluate(_, let candidate, _, _, _, _) = decision.work { initial = candidate }
    }

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
    mutating func add(_ usage: [[RoleUsage]]) {
        for used in usage.joined() { spent[used.role, default: RoleUsage(role: used.role)] += used }
        for (piece, used) in zip(waiting, usage) where piece.runs > 0 {
            // Runs on training rows ask other roles, or other programs: they say nothing of what confirmation and test take.
            guard let candidate = piece.candidate else { continue }
            all.add(piece.runs, used)
            byCandidate[candidate, default: Runs()].add(piece.runs, used)
        }
        waiting.removeFirst(min(usage.count, waiting.count))
    }

    mutating func foresee(_ piece: Piece, _ usage: some Sequence<RoleUsage>) { foreseen.add(piece.runs, usage) }

    /// What a further run is expected to use: as much as the most expensive candidate's mean, for that one may be the winner. Of
    /// candidates that have hardly run it is known how much longer their prompts are than the uncompiled program's.
    func perRun(_ role: String, _ value: (RoleUsage) -> Double) -> Double {
        guard all.count > 0 else { return foreseen.mean(role, value) + growth(of: foreseen, role, value) }
        let known = byCandidate.values.filter { $0.count >= Self.tellingRuns }.map { $0.mean(role, value) }
        let first = initial.flatMap { byCandidate[$0] }.map { $0.mean(role, value) + growth(of: $0, role, value) }
        return max(all.mean(role, value), known.max() ?? 0, first ?? 0)
    }

    /// What a run's prompts count beyond those of the uncompiled program's `runs`, of the longest state that has hardly run: at four
    /// bytes a token, each predictor asked as often as the others.
    private func growth(of runs: Runs, _ role: String, _ value: (RoleUsage) -> Double) -> Double {
        guard role == Role.task.rawValue, let base = initial.flatMap({ sizes[$0] }) else { return 0 }
        let new = sizes.filter { (byCandidate[$0.key]?.count ?? 0) < Self.tellingRuns }.values.map(\.bytes)
        guard let most = new.max(), most > base.bytes else { return 0 }
        // What the cache answers costs nothing: then others like it do not either.
        let asked = runs.mean(role) { Double($0.calls) } / Double(max(1, base.predictors))
        return value(RoleUsage(role: role, promptTokens: Int(asked * Double(most - base.bytes) / 4)))
    }
}

extension Decision {
    /// The decision's own work, without the rows that earlier decisions asked for; nil where it called nothing.
    var spentPiece: Spending.Piece? {
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
