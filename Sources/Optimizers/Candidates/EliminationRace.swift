internal import Randomness

/// Evaluates candidates block by block on the same rows, and lets go of those that are clearly worse than the best so far; who
/// is left has all rows in the end.
///
/// A race after Maron and Moore (1994), with the paired comparison of F-Race (Birattari et al. 2002): a candidate is let go
/// when the interval of its differences from the leader's scores, over the rows that both have, lies below zero. It is a 95 %
/// interval, widened to about 99 %, since it is looked at after every block.
struct EliminationRace: CandidateSearch {
    private let blocks: [[Int]]
    private let rows: [Int]
    private let target: Double?
    private let window: SearchWindow
    private let entrants: [Entrant]
    /// Trials in the order of the entrants, once they are begun.
    private var field: [Int] = []
    private var eliminated: Set<Int> = []
    private var round = 0
    private var position = 0

    private static let blockCount = 6
    private static let blockRange = 12...50
    /// 2.576 / 1.960: from 95 % to 99 %.
    private static let widening = 1.314

    init(_ entrants: [Entrant], rows: [Int], target: Double?, width: Int?, seed: UInt64) {
        self.entrants = entrants
        self.rows = rows
        self.target = target
        let size = min(
            max((rows.count + Self.blockCount - 1) / Self.blockCount, Self.blockRange.lowerBound), Self.blockRange.upperBound)
        var generator = KeyedGenerator(seed: seed, purpose: "search/race")
        let order = generator.shuffled(rows)
        blocks = stride(from: 0, to: order.count, by: size).map { Array(order[$0..<min($0 + size, order.count)]) }
        window = SearchWindow(width: width, block: size, planned: entrants.count * rows.count)
    }

    var width: Int { window.width }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        while !isTargetReached(record), round < blocks.count {
            guard position < entrants.count else {
                (round, position) = (round + 1, 0)
                continue
            }
            if let blocker = window.blocker(in: record) { return .await(blocker) }
            let number = trial(at: position, &record)
            position += 1
            // The uncompiled program is evaluated whatever becomes of it, and its repetitions are one trial.
            guard number != 0, !eliminated.contains(number) else { continue }
            if isClearlyWorse(number, record) {
                eliminated.insert(number)
                continue
            }
            let fresh = record.trials[number].unplanned(of: .val, in: blocks[round])
            if !fresh.isEmpty { return .issue(record.search(number, block: fresh)) }
        }
        if let pending = record.oldestPending(of: [.search]) { return .await(pending) }
        return .done(isTargetReached(record) ? .targetScore : .trials)
    }

    private mutating func trial(at position: Int, _ record: inout PlanRecord) -> Int {
        if field.indices.contains(position) { return field[position] }
        let entrant = entrants[position]
        field.append(record.trial(of: entrant.state, params: entrant.params, provenance: entrant.provenance))
        return field[position]
    }

    private func isClearlyWorse(_ number: Int, _ record: PlanRecord) -> Bool {
        guard round > 0, let leader = leader(record), leader != number else { return false }
        let differences = record.differences(number, leader, on: .val)
        guard differences.count >= Self.blockRange.lowerBound, let mean = average(differences),
            let interval = pairedInterval(differences)
        else { return false }
        return mean + (interval.upper - mean) * Self.widening < 0
    }

    /// The highest mean over rows that at least a block's worth of is known of; of equals the earlier trial.
    private func leader(_ record: PlanRecord) -> Int? {
        let known = ([0] + field).filter { !eliminated.contains($0) }.compactMap { number -> (number: Int, mean: Double)? in
            let scores = record.trials[number].scores(of: .val, in: rows)
            return scores.count >= Self.blockRange.lowerBound ? average(scores).map { (number, $0) } : nil
        }
        return known.max { ($0.mean, -$0.number) < ($1.mean, -$1.number) }?.number
    }

    private func isTargetReached(_ record: PlanRecord) -> Bool {
        target.map { record.hasReached($0, rows: rows) } ?? false
    }
}
