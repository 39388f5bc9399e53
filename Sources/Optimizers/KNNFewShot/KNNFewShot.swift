internal import JSON
internal import Programs
internal import Randomness

/// DSPy's KNNFewShot: the demos of the training rows nearest to each input. The teacher runs once on every row; what its traces
/// show is kept in the program, and only the choice is made anew for each input.
///
/// The teacher shows the rows nearest to the row that it is asked about, and never that row.
struct KNNFewShot: SearchStrategy {
    let rows: [Int]
    let baselineParams: JSONObject = ["demos": "none"]
    private let facts: StudyFacts
    private let settings: KNNFewShotSettings
    private var pool: BootstrapPool
    /// Of the decision that is not told.
    private var asked: [Int] = []
    private var wave = 0
    private var evaluations: FullEvaluations?

    init(facts: StudyFacts, settings: KNNFewShotSettings) {
        self.facts = facts
        self.settings = settings
        rows = Array(0..<facts.valCount)
        pool = BootstrapPool(
            rowCount: facts.train.count, maxRounds: settings.demos.maxRounds, threshold: settings.demos.metricThreshold)
    }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        if evaluations == nil {
            if let pending = record.oldestPending(of: [.bootstrap]) { return .await(pending) }
            if let decision = nextWave(&record) { return .issue(decision) }
            evaluations = FullEvaluations(
                [entrant], rows: rows, target: facts.settings.targetScore, width: facts.settings.width)
        }
        return evaluations?.next(&record) ?? .done(.trials)
    }

    /// All rows without a success, as long as there are rounds; a wave has one round.
    private mutating func nextWave(_ record: inout PlanRecord) -> Decision? {
        guard settings.demos.maxBootstrappedDemos > 0 else { return nil }
        let open = pool.rows.enumerated().compactMap { row, known in
            if case .open(let round) = known { (row: row, round: round) } else { nil }
        }
        guard let round = open.first?.round else { return nil }
        asked = open.map(\.row)
        for row in asked { pool.begin(row) }
        defer { wave += 1 }
        return record.bootstrap(teacher, examples: asked, round: round, wave: wave)
    }

    mutating func tell(_ outcome: Outcome, of decision: Int) {
        guard case .bootstrapped(let attempts) = outcome else { return }
        for (row, attempt) in zip(asked, attempts) { pool.tell(attempt, of: row) }
    }

    var width: Int? { evaluations?.width }

    private var teacher: ProgramState {
        if let teacher = settings.demos.teacher { return teacher }
        guard settings.demos.maxLabeledDemos > 0 else { return facts.initial }
        var state = facts.initial
        state.nearestDemos = nearest(traced: 0) { _ in [:] }
        return state
    }

    private var entrant: Entrant {
        let nearest = nearest(traced: settings.demos.maxBootstrappedDemos) { row in
            guard case .succeeded(let trace) = pool.rows[row] else { return [:] }
            return JSONObject(
                facts.initial.paths.compactMap { path in
                    facts.tracedDemo(trace, row: row, path: path).map { (path, .object($0)) }
                })
        }
        // What readers of the file see that know of no nearest demos: a sample of as many rows.
        var generator = KeyedGenerator(seed: facts.seed, purpose: "demos/nearest")
        let sample = generator.sample(settings.k, of: Array(facts.train.indices))
        var state = facts.initial.replacingDemos { nearest.demos(of: sample, at: $0) }
        state.nearestDemos = nearest
        let traced = nearest.rows.count { !$0.traced.isEmpty }
        return Entrant(
            state: state, params: ["demos": .string("nearest \(settings.k)")],
            provenance: "the \(settings.k) nearest of \(nearest.rows.count) rows, \(traced) of them traced")
    }

    private func nearest(traced: Int, _ demos: (_ row: Int) -> JSONObject) -> NearestDemos {
        NearestDemos(
            count: settings.k, tracedLimit: traced, labelledLimit: settings.demos.maxLabeledDemos, inputNames: facts.inputKeys,
            rows: facts.train.indices.map { NearestDemos.Row(fields: facts.train[$0], traced: demos($0)) })
    }
}
