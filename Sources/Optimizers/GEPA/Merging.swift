internal import Programs
internal import Randomness

/// Two members of the front made into one: per predictor, the text of the one that changed it since their common ancestor.
struct Merge: Sendable {
    let first: Int
    let second: Int
    let ancestor: Int
    let state: ProgramState
}

/// When and what to merge, as the gepa package does it; never the same twice.
struct Merging: Sendable {
    private struct Triple: Sendable, Hashable {
        let first: Int
        let second: Int
        let ancestor: Int
    }

    /// From whom the merged candidate has each predictor.
    private struct Origin: Sendable, Hashable {
        let first: Int
        let second: Int
        let donors: [Int]
    }

    private let limit: Int
    /// How many merges may be tried that were not yet.
    private var due = 0
    private var accepted = 0
    private var hasNewMember = false
    private var triples: Set<Triple> = []
    private var origins: Set<Origin> = []
    private static let attempts = 10
    /// So many validation rows must both parents have scores of.
    private static let leastOverlap = 5

    /// - Parameter limit: how many merges may be accepted.
    init(limit: Int) { self.limit = limit }

    /// A reflection has brought a new member: it may be merged.
    mutating func memberJoined() {
        hasNewMember = true
        if accepted < limit { due += 1 }
    }

    /// A merge that was tried: one that is refused does not count.
    mutating func tried(isAccepted: Bool) {
        if isAccepted { accepted += 1 } else { due += 1 }
    }

    /// What to try next: at most once after every new member. nil where nothing is due or found in a few draws.
    mutating func next(_ population: Population, _ generator: inout KeyedGenerator) -> Merge? {
        defer { hasNewMember = false }
        guard hasNewMember, due > 0, let merge = draw(population, &generator) else { return nil }
        due -= 1
        return merge
    }

    private mutating func draw(_ population: Population, _ generator: inout KeyedGenerator) -> Merge? {
        let front = population.front.members
        guard front.count >= 2, population.members.count >= 3 else { return nil }
        for _ in 0..<Self.attempts {
            guard let triple = triple(among: front, population, &generator) else { continue }
            let (state, donors) = Self.crossover(triple.first, triple.second, triple.ancestor, population, &generator)
            let origin = Origin(first: triple.first, second: triple.second, donors: donors)
            guard !origins.contains(origin), Self.overlap(triple.first, triple.second, population) >= Self.leastOverlap else {
                continue
            }
            origins.insert(origin)
            triples.insert(triple)
            return Merge(first: triple.first, second: triple.second, ancestor: triple.ancestor, state: state)
        }
        return nil
    }

    /// Two members neither of whom descends from the other, and an ancestor of both.
    private func triple(
        among front: [Int], _ population: Population, _ generator: inout KeyedGenerator
    ) -> Triple? {
        for _ in 0..<Self.attempts {
            let pair = generator.sample(2, of: front).sorted()
            let (first, second) = (pair[0], pair[1])
            let (left, right) = (population.ancestors(of: first), population.ancestors(of: second))
            guard !left.contains(second), !right.contains(first) else { continue }
            let common = left.intersection(right).sorted().filter { isWorthMerging(first, second, $0, population) }
            guard !common.isEmpty else { continue }
            let weights = common.map { population.members[$0].mean }
            return Triple(first: first, second: second, ancestor: common[generator.weighted(weights)])
        }
        return nil
    }

    /// Not done yet, no better ancestor, and some predictor that only one of both has changed.
    private func isWorthMerging(_ first: Int, _ second: Int, _ ancestor: Int, _ population: Population) -> Bool {
        let members = population.members
        guard !triples.contains(Triple(first: first, second: second, ancestor: ancestor)),
            members[ancestor].mean <= min(members[first].mean, members[second].mean)
        else { return false }
        return members[ancestor].state.paths.contains { path in
            let old = members[ancestor].state[path]?.instructions
            let (left, right) = (members[first].state[path]?.instructions, members[second].state[path]?.instructions)
            return left != right && (left == old || right == old)
        }
    }

    /// Where both have changed a predictor, the better of them gives it.
    private static func crossover(
        _ first: Int, _ second: Int, _ ancestor: Int, _ population: Population, _ generator: inout KeyedGenerator
    ) -> (state: ProgramState, donors: [Int]) {
        let (left, right) = (population.members[first], population.members[second])
        var state = population.members[ancestor].state
        var donors: [Int] = []
        for path in state.paths {
            let (old, a, b) = (state[path]?.instructions, left.state[path]?.instructions, right.state[path]?.instructions)
            let donor: Int
            if a == b || b == old {
                donor = first
            } else if a == old {
                donor = second
            } else if left.mean != right.mean {
                donor = left.mean > right.mean ? first : second
            } else {
                donor = generator.below(2) == 0 ? first : second
            }
            state[path] = population.members[donor].state[path]
            donors.append(donor)
        }
        return (state, donors)
    }

    private static func overlap(_ first: Int, _ second: Int, _ population: Population) -> Int {
        zip(population.members[first].scores, population.members[second].scores).count { $0 != nil && $1 != nil }
    }

    // MARK: The check

    private static let checked = 5

    /// The validation rows on which a merge must hold its own: some on which either parent is better, and some where both are
    /// equal.
    static func checkRows(_ merge: Merge, _ population: Population, _ generator: inout KeyedGenerator) -> [Int] {
        let (left, right) = (population.members[merge.first].scores, population.members[merge.second].scores)
        var groups: [[Int]] = [[], [], []]
        for row in left.indices {
            guard let a = left[row], let b = right[row] else { continue }
            groups[a > b ? 0 : b > a ? 1 : 2].append(row)
        }
        var rows: [Int] = []
        for group in groups { rows += generator.sample(min((checked + 2) / 3, checked - rows.count), of: group) }
        let unused = groups.joined().filter { !rows.contains($0) }
        return rows + generator.sample(checked - rows.count, of: unused)
    }
}

extension KeyedGenerator {
    /// A position, each with the chance of its weight; where no weight is above 0, all alike.
    mutating func weighted(_ weights: [Double]) -> Int {
        let positive = weights.map { max($0, 0) }
        let total = positive.reduce(0, +)
        guard total > 0, total.isFinite else { return below(weights.count) }
        var place = uniform() * total
        for (index, weight) in positive.enumerated() {
            if place < weight { return index }
            place -= weight
        }
        return positive.lastIndex { $0 > 0 } ?? 0
    }
}
