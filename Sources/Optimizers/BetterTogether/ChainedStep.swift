internal import JSON
internal import Programs
internal import Randomness

/// One step of a chain: a search with a record of its own, in which the program that it goes on from is trial 0. What it decides
/// is taken over into the study's record, under the study's numbers.
struct ChainedStep: Sendable {
    let number: Int
    /// The name of its optimizer, for people.
    let name: String
    private var search: any SearchStrategy
    private var own: PlanRecord
    /// The study's number of each training row that the search sees.
    private let rows: [Int]
    /// The study's decision of each of its own; nil for what was known before it began.
    private var outer: [Int?] = []
    /// The study's trials by the search's own.
    private var trials: [Int: Int] = [:]
    /// What the earlier steps and this one have bootstrapped.
    private(set) var attempts: KnownAttempts
    /// Bootstrapping under way, by the search's own decisions: all that it asked for, and what of that is run.
    private var bootstrapping: [Int: (run: KnownAttempts.Run, rows: [Int], fresh: [Int])] = [:]

    /// - Parameters:
    ///   - start: the study's trial that the step goes on from, with all validation rows told.
    init(
        number: Int, kind: any KindSettings, facts: StudyFacts, start: Int, shuffles: Bool, attempts: KnownAttempts,
        _ record: PlanRecord
    ) {
        self.number = number
        self.attempts = attempts
        name = type(of: kind).name
        var rows = Array(facts.train.indices)
        if shuffles {
            var generator = KeyedGenerator(seed: facts.seed, purpose: "chain/rows", index: number)
            rows = generator.shuffled(rows)
        }
        self.rows = rows
        var generator = KeyedGenerator(seed: facts.seed, purpose: "chain/seed", index: number)
        var stepFacts = facts
        stepFacts.seed = generator.next()
        stepFacts.initial = record.trials[start].candidate.state
        stepFacts.train = rows.map { facts.train[$0] }
        stepFacts.settings.kind = kind
        if number > 1 { stepFacts.earlier = [] }
        search = kind.makeStrategy(stepFacts)
        own = PlanRecord(facts: stepFacts)
        own.scope = "s\(number)/"
        let origin = own.trial(
            of: stepFacts.initial, params: search.baselineParams, provenance: record.trials[start].start.provenance)
        trials[origin] = start
        let block = Array(0..<facts.valCount)
        _ = own.evaluate(origin, on: .val, block: block, key: "baseline", stage: .baseline)
        outer.append(nil)
        own.tell(.evaluated(record.outcomes(of: start, block: block)), of: own.lastDecision)
    }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        takeOutcomes(record)
        while true {
            switch search.next(&own) {
            case .issue(let decision):
                if let taken = take(decision, into: &record) {
                    outer.append(record.lastDecision)
                    return .issue(taken)
                }
                outer.append(nil)
            case .await(let decision):
                guard let awaited = outer[decision] else { preconditionFailure("what is known is told") }
                return .await(awaited)
            case .done(let reason): return .done(reason)
            }
        }
    }

    mutating func tell(_ outcome: Outcome, of decision: Int) {
        guard let position = outer.firstIndex(of: decision) else { return }
        if case .bootstrapped(let list) = outcome, let work = bootstrapping.removeValue(forKey: position) {
            for (row, attempt) in zip(work.fresh, list) { attempts[work.run, row] = attempt }
            tellOwn(.bootstrapped(work.rows.compactMap { attempts[work.run, $0] }), of: position)
        } else {
            tellOwn(outcome, of: position)
        }
    }

    private mutating func tellOwn(_ outcome: Outcome, of position: Int) {
        own.tell(outcome, of: position)
        search.tell(outcome, of: position)
    }

    /// Evaluations are told to the study's record alone.
    private mutating func takeOutcomes(_ record: PlanRecord) {
        for (position, decision) in outer.enumerated() {
            guard let decision, !own.isTold(position), record.isTold(decision),
                case .evaluate(let trial, _, _, let block, _, _) = own.work(of: position), let known = trials[trial]
            else { continue }
            own.tell(.evaluated(record.outcomes(of: known, block: block)), of: position)
        }
    }

    /// Nil where all of it is known already, and told.
    private mutating func take(_ decision: Decision, into record: inout PlanRecord) -> Decision? {
        switch decision.work {
        case .evaluate(let trial, _, _, let block, _, _):
            let number = number(of: trial, in: &record)
            return record.search(number, block: block)
        case .bootstrap(let candidate, let examples, let round):
            let run = KnownAttempts.Run(candidate: candidate, round: round)
            let wanted = examples.map { rows[$0] }
            let fresh = wanted.filter { attempts[run, $0] == nil }
            guard !fresh.isEmpty else {
                tellOwn(.bootstrapped(wanted.compactMap { attempts[run, $0] }), of: own.lastDecision)
                return nil
            }
            bootstrapping[own.lastDecision] = (run, wanted, fresh)
            return record.adopt(decision, .bootstrap(candidate: candidate, examples: fresh, round: round))
        case .trace(let candidate, let examples, let round):
            return record.adopt(decision, .trace(candidate: candidate, examples: examples.map { rows[$0] }, round: round))
        case .propose, .finetune, .stop: return record.adopt(decision, decision.work)
        }
    }

    /// The study's number of a trial of the search.
    private mutating func number(of trial: Int, in record: inout PlanRecord) -> Int {
        if let known = trials[trial] { return known }
        let (start, state) = (own.trials[trial].start, own.trials[trial].candidate.state)
        let found = record.trial(of: state, params: start.params, provenance: "step \(number), \(name): \(start.provenance)")
        trials[trial] = found
        return found
    }

    // MARK: What the search thinks of its trials, under the study's numbers

    /// What it has come to, the best first.
    var contenders: [Int] { search.contenders(own).compactMap { trials[$0] } }

    var beliefs: [TrialBelief] {
        search.beliefs(own).compactMap { belief in
            trials[belief.trial].map { TrialBelief(trial: $0, mean: belief.mean, deviation: belief.deviation) }
        }
    }

    var width: Int? { search.width }
    var mayChooseAnyTrial: Bool { search.mayChooseAnyTrial }
    var notes: [String] { search.notes.map { "Step \(number) (\(name)): \($0)" } }
}

/// Runs of teachers on training rows: a later step may ask for what an earlier one has paid for.
struct KnownAttempts: Sendable {
    struct Run: Sendable, Hashable {
        var candidate: String
        var round: Int
    }

    private var attempts: [Run: [Int: Attempt]] = [:]

    /// By the study's number of the row.
    subscript(run: Run, row: Int) -> Attempt? {
        get { attempts[run]?[row] }
        set { attempts[run, default: [:]][row] = newValue }
    }
}

extension PlanRecord {
    /// What is known of a trial on rows that were all told.
    func outcomes(of number: Int, block: [Int]) -> [ExampleOutcome] {
        block.map { trials[number].score($0, of: .val).map { .scored($0) } ?? .metricError }
    }
}
