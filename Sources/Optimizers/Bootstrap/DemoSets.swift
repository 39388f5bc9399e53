internal import JSON
internal import Programs
internal import Randomness

/// Builds demo sets from one pool of bootstrap attempts.
///
/// Rows are tried many at once, in waves, but every set commits its successes in its own order: the sets equal those of the
/// sequential algorithm (DSPy's BootstrapFewShot, one run per set), and no row is run twice.
struct DemoSets: Sendable {
    /// By predictor path.
    typealias DemoSet = [String: [JSONObject]]

    private let facts: StudyFacts
    private let limits: DemoLimits
    /// Whether the labelled set is a sample; if not, it is the first rows.
    private let samplesLabels: Bool
    let recipes: [DemoSetRecipe]
    private let teacher: ProgramState
    private var pool: BootstrapPool
    /// Rows of each decision that is not told, by decision.
    private var pending: [Int: [Int]] = [:]
    /// Parts of the current wave that are still to be issued; a part has one round.
    private var parts: [(round: Int, rows: [Int])] = []
    private var wave = 0
    /// Rows with equal inputs have equal numbers: a row is never both a traced and a labelled demo.
    private let inputClass: [Int]

    /// - Parameter teacher: who is traced; nil: the uncompiled program with training rows as its demos.
    init(
        facts: StudyFacts, numbers: some Sequence<Int>, limits: DemoLimits, maxRounds: Int, threshold: Double?,
        teacher: ProgramState? = nil, samplesLabels: Bool = true
    ) {
        self.facts = facts
        self.limits = limits
        self.samplesLabels = samplesLabels
        recipes = numbers.map { DemoSetRecipe(number: $0, limits: limits, rowCount: facts.train.count, seed: facts.seed) }
        pool = BootstrapPool(rowCount: facts.train.count, maxRounds: maxRounds, threshold: threshold)
        var classes: [String: Int] = [:]
        inputClass = facts.train.indices.map { row in
            let text = JSON.object(facts.inputs(of: row)).serialized(.canonical)
            let number = classes[text] ?? row
            classes[text] = number
            return number
        }
        self.teacher = teacher ?? (limits.labeled > 0 ? facts.labelledState(count: limits.labeled) : facts.initial)
    }

    // MARK: Waves

    /// The next part of a wave; nil when all sets are complete or outcomes are awaited.
    mutating func nextDecision(_ record: inout PlanRecord) -> Decision? {
        if parts.isEmpty, pending.isEmpty { planWave() }
        guard !parts.isEmpty else { return nil }
        let part = parts.removeFirst()
        let decision = record.bootstrap(teacher, examples: part.rows, round: part.round, wave: wave)
        pending[record.lastDecision] = part.rows
        wave += 1
        return decision
    }

    private mutating func planWave() {
        var rounds: [Int: [Int]] = [:]
        for recipe in recipes {
            guard case .bootstrapped(let order, let size) = recipe.kind else { continue }
            for row in OrderedCommit(order: order, size: size, pool: pool).wanted {
                guard case .open(let round) = pool.rows[row] else { continue }
                pool.begin(row)
                rounds[round, default: []].append(row)
            }
        }
        parts = rounds.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    mutating func tell(_ attempts: [Attempt], of decision: Int) {
        guard let rows = pending.removeValue(forKey: decision) else { return }
        for (row, attempt) in zip(rows, attempts) { pool.tell(attempt, of: row) }
    }

    /// Whether every set is what it will be.
    var isComplete: Bool {
        pending.isEmpty && parts.isEmpty
            && recipes.allSatisfy { recipe in
                guard case .bootstrapped(let order, let size) = recipe.kind else { return true }
                return OrderedCommit(order: order, size: size, pool: pool).wanted.isEmpty
            }
    }

    // MARK: Sets

    /// The sets in the order of their recipes.
    func sets() -> [DemoSet] {
        recipes.map { recipe in
            switch recipe.kind {
            case .zeroShot: return [:]
            case .labelled: return labelledSet
            case .bootstrapped(let order, let size):
                return assemble(OrderedCommit(order: order, size: size, pool: pool).rows, size: size, number: recipe.number)
            }
        }
    }

    /// The uncompiled program with each set, in the order of the recipes.
    func entrants() -> [Entrant] {
        zip(recipes, sets()).map { recipe, set in
            Entrant(
                state: facts.initial.replacingDemos { set[$0] ?? [] }, params: ["demos": .int(recipe.number)],
                provenance: recipe.description)
        }
    }

    /// The teacher shows the same demos, where they are a sample.
    private var labelledSet: DemoSet {
        let state = facts.labelledState(count: limits.labeled, isSampled: samplesLabels)
        return Dictionary(uniqueKeysWithValues: state.paths.map { ($0, state[$0]?.demos ?? []) })
    }

    /// Traced demos first, then training rows that were not traced.
    private func assemble(_ committed: [Int], size: Int, number: Int) -> DemoSet {
        let taken = Set(committed.map { inputClass[$0] })
        let untraced = facts.train.indices.filter { !taken.contains(inputClass[$0]) }
        var demos: DemoSet = [:]
        for path in facts.initial.paths {
            let traced = committed.compactMap { tracedDemo(row: $0, path: path) }.prefix(size)
            var generator = KeyedGenerator(seed: facts.seed, purpose: "demos/labelled/\(path)", index: number)
            let labelled = generator.sample(max(0, limits.labeled - traced.count), of: untraced)
            demos[path] = Array(traced) + labelled.map { facts.train[$0] }
        }
        return demos
    }

    private func tracedDemo(row: Int, path: String) -> JSONObject? {
        guard case .succeeded(let trace) = pool.rows[row] else { return nil }
        return facts.tracedDemo(trace, row: row, path: path)
    }
}
