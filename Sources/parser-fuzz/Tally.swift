import Synchronization

/// How many inputs of each target came to which end.
struct Tally: Sendable, CustomStringConvertible {
    private var counts: [FuzzInput.Target: (values: Int, refusals: Int)] = [:]

    mutating func add(_ target: FuzzInput.Target, _ outcome: Outcome) {
        switch outcome {
        case .value: counts[target, default: (0, 0)].values += 1
        case .refusal: counts[target, default: (0, 0)].refusals += 1
        case .wrong: break
        }
    }

    mutating func add(_ other: Tally) {
        for (target, count) in other.counts {
            counts[target, default: (0, 0)].values += count.values
            counts[target, default: (0, 0)].refusals += count.refusals
        }
    }

    var description: String {
        FuzzInput.Target.allCases.map { target in
            let count = counts[target] ?? (0, 0)
            return "\(target.rawValue): \(count.values) read, \(count.refusals) refused"
        }.joined(separator: "\n")
    }
}

/// What came of one input.
enum Outcome {
    case value
    case refusal
    /// A parser broke its promise.
    case wrong(String)
}

/// The jobs' tallies.
final class TallyBoard: Sendable {
    private let tally = Mutex(Tally())

    func add(_ other: Tally) { tally.withLock { $0.add(other) } }

    var total: Tally { tally.withLock { $0 } }
}
