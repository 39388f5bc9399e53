internal import Optimizers
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

        mutating func add(_ count: Int, _ used: [RoleUsage]) {
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

    /// A candidate's mean is told from the others' by so many runs.
    private static let tellingRuns = 20

    /// How many runs are summed.
    var runs: Int { all.count }

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
            all.add(piece.runs, used)
            if let candidate = piece.candidate { byCandidate[candidate, default: Runs()].add(piece.runs, used) }
        }
        waiting.removeFirst(min(usage.count, waiting.count))
    }

    /// What a further run is expected to use: as much as the most expensive candidate's mean, for that one may be the winner.
    func perRun(_ role: String, _ value: (RoleUsage) -> Double) -> Double {
        byCandidate.values.filter { $0.count >= Self.tellingRuns }.reduce(all.mean(role, value)) { max($0, $1.mean(role, value)) }
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
