internal import JSON
internal import Programs

/// DSPy's BetterTogether: runs optimizers one after another, each from the best program of the one before, and lets the best of
/// all steps win, the uncompiled program included.
///
/// A step that comes to nothing, such as a training that fails, ends the sequence; what was found before it stands.
struct BetterTogether: SearchStrategy {
    let rows: [Int]
    let baselineParams: JSONObject = [:]
    private let facts: StudyFacts
    private let settings: BetterTogetherSettings
    private var step: ChainedStep?
    /// How many steps have begun.
    private var begun = 0
    /// The programs that the steps have made, as trials.
    private var products: [Int] = []
    /// What the current step's search has left to be run on the rest of the validation rows; nil while it goes on.
    private var finalists: [Int]?
    private var gathered: [String] = []
    /// What steps that have ended believed of their trials.
    private var endedBeliefs: [TrialBelief] = []
    private var attempts = KnownAttempts()
    private var reason: FinishReason?

    init(facts: StudyFacts, settings: BetterTogetherSettings) {
        self.facts = facts
        self.settings = settings
        rows = Array(0..<facts.valCount)
    }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        while true {
            if let reason { return .done(reason) }
            guard step != nil else {
                // What is known of the program that a step goes on from is known to its search.
                if let pending = record.oldestPending(of: [.baseline]) { return .await(pending) }
                beginStep(record)
                continue
            }
            if finalists != nil {
                if let step = compareFinalists(&record) { return step }
                continue
            }
            switch step?.next(&record) {
            case .issue(let decision): return .issue(decision)
            case .await(let decision): return .await(decision)
            case .done, nil: finalists = step?.contenders ?? []
            }
        }
    }

    mutating func tell(_ outcome: Outcome, of decision: Int) { step?.tell(outcome, of: decision) }

    private mutating func beginStep(_ record: PlanRecord) {
        let isReached = facts.settings.targetScore.map { record.hasReached($0, rows: rows) } ?? false
        guard !isReached, begun < settings.steps.count, let kind = settings.kind(settings.steps[begun]) else {
            reason = isReached ? .targetScore : .trials
            return
        }
        begun += 1
        step = ChainedStep(
            number: begun, kind: kind, facts: facts, start: products.last ?? 0,
            shuffles: settings.shuffleTrainsetBetweenSteps, attempts: attempts, record)
    }

    /// Runs what a step has come to on all validation rows; its best is the step's product.
    private mutating func compareFinalists(_ record: inout PlanRecord) -> StrategyStep? {
        let finalists = finalists ?? []
        for number in finalists {
            let fresh = record.trials[number].unplanned(of: .val, in: rows)
            if !fresh.isEmpty { return .issue(record.search(number, block: fresh)) }
        }
        if let pending = record.oldestPending(of: [.search]) { return .await(pending) }
        gathered += step?.notes ?? []
        let judged = finalists.filter { record.estimate($0, on: .val).isComplete }
        let product = judged.max { left, right in
            let (first, second) = (record.estimate(left, on: .val).mean ?? 0, record.estimate(right, on: .val).mean ?? 0)
            // Of equals the first one named, which max takes only where it is the greater.
            guard first == second else { return first < second }
            return judged.firstIndex(of: left) ?? 0 > judged.firstIndex(of: right) ?? 0
        }
        if let product {
            products.append(product)
        } else {
            gathered.append(
                "Step \(begun) of \(settings.steps.count), \(settings.steps[begun - 1]), made no program: "
                    + "the sequence ended there."
            )
            reason = .trials
        }
        attempts = step?.attempts ?? attempts
        endedBeliefs = beliefs(record)
        step = nil
        self.finalists = nil
        return nil
    }

    var notes: [String] { gathered }
    var width: Int? { step?.width }
    var mayChooseAnyTrial: Bool { step?.mayChooseAnyTrial ?? false }

    /// What the steps believe of their trials, the ended ones as they ended.
    func beliefs(_ record: PlanRecord) -> [TrialBelief] {
        let current = step?.beliefs ?? []
        let later = Set(current.map(\.trial))
        return (endedBeliefs.filter { !later.contains($0.trial) } + current).sorted { $0.trial < $1.trial }
    }

    /// The best of the steps, the earlier of equals first; and where a step is under way, what it has come to so far. Who has rows
    /// left counts what its search believes of it, and where that has no model comes behind the others: the rows that it has had may be
    /// harder or easier than theirs.
    func contenders(_ record: PlanRecord) -> [Int] {
        let current = finalists ?? step?.contenders ?? []
        let believed = Dictionary((step?.beliefs ?? []).map { ($0.trial, $0.mean) }, uniquingKeysWith: { first, _ in first })
        var seen: Set<Int> = []
        let candidates = (products + current).filter { seen.insert($0).inserted && $0 != 0 }
        typealias Ranked = (place: Int, number: Int, isSure: Bool, mean: Double)
        let ranked = candidates.enumerated().compactMap { place, number -> Ranked? in
            let trial = record.trials[number]
            let isFull = trial.isTold(of: .val, in: rows)
            let expected = isFull ? nil : believed[number]
            guard let mean = expected ?? trial.mean(of: .val, in: rows) else { return nil }
            return (place, number, isFull || expected != nil, mean)
        }.sorted { left, right in
            if left.isSure != right.isSure { return left.isSure }
            return left.mean == right.mean ? left.place < right.place : left.mean > right.mean
        }
        return ranked.prefix(2).map(\.number)
    }
}
