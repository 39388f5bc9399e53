internal import JSON
internal import Programs
internal import Surrogates

/// MIPROv2: demo sets and proposed instructions per predictor, then a search over their combinations.
///
/// Bootstrapping and the first two steps of proposing go on side by side.
struct MIPRO: SearchStrategy {
    let rows: [Int]
    let baselineParams: JSONObject
    private let facts: StudyFacts
    private let settings: MIPROSettings
    private var demoSets: DemoSets?
    private var proposals: InstructionProposals
    private var search: (any SpaceSearch)?
    /// nil until there is a search, and where nothing is proposed during it.
    private var rounds: ProposalRounds?

    init(facts: StudyFacts, settings: MIPROSettings) {
        self.facts = facts
        self.settings = settings
        rows = settings.rows(valCount: facts.valCount, seed: facts.seed)
        baselineParams = MIPROSpace.originParams(of: facts.initial, withDemos: !settings.isZeroShot)
        proposals = InstructionProposals(facts: facts, settings: settings)
        if !settings.isZeroShot || proposals.needsDemos {
            // A zero-shot search has demos only to show them to the proposer.
            let limits = settings.isZeroShot ? DemoLimits(bootstrapped: 3, labeled: 0) : settings.demos.limits
            demoSets = DemoSets(
                facts: facts, numbers: -3..<(settings.demoSetCount - 3), limits: limits, maxRounds: settings.demos.maxRounds,
                threshold: settings.demos.metricThreshold, teacher: settings.demos.teacher)
        }
    }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        if search == nil {
            if let step = prepare(&record) { return step }
            let space = makeSpace()
            let made = settings.makeSearch(space, rows: rows, facts: facts, first: earlierPoints(in: space))
            search = made
            if settings.proposalRounds > 1, let growing = made as? any GrowingSearch {
                rounds = ProposalRounds(rounds: settings.proposalRounds, planned: growing.planned, width: growing.width)
            }
        }
        while true {
            if let step = followRounds(&record) { return step }
            let step = search?.next(&record) ?? .done(.trials)
            // While choices may yet be added, nothing is sure of its confirmation.
            if case .await = step, rounds?.areLeft != true, let ahead = search?.confirmAhead(&record) { return .issue(ahead) }
            guard case .done(let reason) = step, rounds?.areLeft == true else { return step }
            // The search has nothing left to do: further choices may give it more.
            if let awaited = proposals.awaited { return .await(awaited) }
            if rounds?.isUnderWay == true {
                adopt(record)
            } else if [.trials, .converged].contains(reason), (search as? any GrowingSearch)?.hasBudget == true {
                return .issue(proposeAgain(&record))
            } else {
                return step
            }
        }
    }

    /// The next step of bootstrapping or proposing; nil when both are complete.
    private mutating func prepare(_ record: inout PlanRecord) -> StrategyStep? {
        if let decision = demoSets?.nextDecision(&record) { return .issue(decision) }
        let sets = demoSets.flatMap { $0.isComplete ? $0.sets() : nil }
        if let decision = proposals.nextDecision(&record, demoSets: sets) { return .issue(decision) }
        return record.oldestPending(of: [.bootstrap, .propose]).map { .await($0) }
    }

    func fullEvaluationsToCome(_ record: PlanRecord) -> Int? {
        rounds?.areLeft == true ? nil : search?.fullEvaluationsToCome(record)
    }

    mutating func tell(_ outcome: Outcome, of decision: Int) {
        switch outcome {
        case .bootstrapped(let attempts): demoSets?.tell(attempts, of: decision)
        case .proposed(let outputs): proposals.tell(outputs, of: decision)
        case .evaluated, .traced, .finetuned, .stopped: break
        }
    }

    private func makeSpace() -> MIPROSpace {
        let earlier = earlier.map(\.state)
        // Right after the original, so that choices which a further round adds change no number.
        var instructions = proposals.pool.texts
        for (path, texts) in instructions {
            instructions[path]?.insert(contentsOf: earlier.compactMap { $0[path]?.instructions }, at: min(1, texts.count))
        }
        let demoSets = earlier.map(\.demoSet) + (demoSets?.sets() ?? [])
        return MIPROSpace(
            initial: facts.initial, instructions: instructions, demoSets: settings.isZeroShot ? nil : demoSets,
            parameters: facts.parameters)
    }

    /// The team's earlier candidates that the search begins with.
    private var earlier: some Collection<EarlierCandidate> {
        settings.search == .dspy ? [] : facts.earlier.prefix(facts.settings.warmStart)
    }

    private func earlierPoints(in space: MIPROSpace) -> [Suggestion] {
        earlier.map { Suggestion(point: space.point(nearest: $0.state), reason: $0.reason) }
    }

    var width: Int? { search?.width }

    var mayChooseAnyTrial: Bool { settings.isByExample }

    func beliefs(_ record: PlanRecord) -> [TrialBelief] { search?.beliefs(record) ?? [] }

    /// The best posterior mean, where there is a model; of equals the simpler program. Who has reached the target is known on all rows:
    /// there a belief says less.
    func contenders(_ record: PlanRecord) -> [Int] {
        guard let best = search?.bestByBelief(record, rows: rows) else { return bestByMean(record) }
        let isReached = facts.settings.targetScore.map { record.hasReached($0, rows: rows, beside: 0) } ?? false
        return isReached ? Array(bestByMean(record).prefix(1)) : [best]
    }
}

// MARK: Proposals during the search

extension MIPRO {
    /// What further rounds of proposals ask for before the search goes on; nil where they ask for nothing.
    private mutating func followRounds(_ record: inout PlanRecord) -> StrategyStep? {
        guard let rounds, rounds.areLeft else { return nil }
        let asked = record.trials.dropFirst().reduce(0) { $0 + record.asked($1.number, of: .val) }
        switch rounds.step(asked: asked, told: asked - record.pendingSearchExamples) {
        case .search: return nil
        case .propose: return .issue(proposeAgain(&record))
        case .wait: return record.oldestPending(of: [.search]).map { .await($0) }
        case .adopt:
            if let awaited = proposals.awaited { return .await(awaited) }
            adopt(record)
            return nil
        }
    }

    private mutating func proposeAgain(_ record: inout PlanRecord) -> Decision {
        rounds?.begin()
        let beliefs = search?.beliefs(record) ?? []
        let histories = Dictionary(
            uniqueKeysWithValues: facts.initial.paths.map { ($0, proposals.history(of: $0, record, beliefs: beliefs)) })
        return proposals.further(&record, demoSets: demoSets?.sets(), histories: histories)
    }

    /// Gives the search what was written. Every new instruction is tried beside what is best so far, one of every predictor at
    /// a time.
    private mutating func adopt(_ record: PlanRecord) {
        rounds?.end()
        guard var growing = search as? any GrowingSearch else { return }
        let space = makeSpace()
        let leader = growing.point(of: contenders(record).first ?? 0) ?? space.origin
        let old = growing.space.space.dimensions.map(\.choices)
        let added = zip(old, space.space.dimensions).map { Array($0..<$1.choices) }
        let points = (0..<(added.map(\.count).max() ?? 0)).map { number in
            zip(leader, added).map { number < $1.count ? $1[number] : $0 }
        }
        growing.grow(space, trying: points)
        search = growing
    }
}
