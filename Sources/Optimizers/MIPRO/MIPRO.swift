internal import JSON
internal import Programs

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
    private var search: MIPROSearch?

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
                threshold: settings.demos.metricThreshold)
        }
    }

    mutating func next(_ record: inout StudyRecord) -> StrategyStep {
        if search == nil {
            if let step = prepare(&record) { return step }
            search = makeSearch()
        }
        return search?.next(&record) ?? .done(.trials)
    }

    /// The next step of bootstrapping or proposing; nil when both are complete.
    private mutating func prepare(_ record: inout StudyRecord) -> StrategyStep? {
        if let decision = demoSets?.nextDecision(&record) { return .issue(decision) }
        let sets = demoSets.flatMap { $0.isComplete ? $0.sets() : nil }
        if let decision = proposals.nextDecision(&record, demoSets: sets) { return .issue(decision) }
        return record.oldestPending(of: [.bootstrap, .propose]).map { .await($0) }
    }

    func fullEvaluationsToCome(_ record: StudyRecord) -> Int? { search?.fullEvaluationsToCome(record) }

    mutating func tell(_ outcome: Outcome, of decision: Int) {
        switch outcome {
        case .bootstrapped(let attempts): demoSets?.tell(attempts, of: decision)
        case .proposed(let outputs): proposals.tell(outputs, of: decision)
        case .evaluated: break
        }
    }

    private func makeSearch() -> MIPROSearch {
        let instructions = Dictionary(uniqueKeysWithValues: facts.initial.paths.map { ($0, proposals.choices(for: $0)) })
        let space = MIPROSpace(
            initial: facts.initial, instructions: instructions, demoSets: settings.isZeroShot ? nil : demoSets?.sets(),
            parameters: facts.parameters)
        let schedule = MIPROSchedule(
            settings: settings, rows: rows.count, predictors: facts.initial.paths.count,
            parameters: facts.parameters.count, width: facts.settings.width)
        return MIPROSearch(space: space, rows: rows, schedule: schedule, sampler: settings.search, facts: facts)
    }
}
