import JSON
import Programs
import Randomness
import Testing

@testable import Optimizers

@Suite struct EarlyEliminationTests {
    /// Candidates of true quality 0.5…0.8 on rows of different difficulty.
    private struct Race {
        var quality: [Double]
        var runs = 0
        var winner = 0

        init(seed: Int, candidates: Int, rows: Int, isEliminating: Bool) throws {
            var draw = KeyedGenerator(seed: UInt64(seed), purpose: "quality")
            quality = (0..<candidates).map { _ in 0.5 + 0.3 * draw.uniform() }
            var hard = KeyedGenerator(seed: UInt64(seed), purpose: "rows")
            let difficulty = (0..<rows).map { _ in 0.6 * (hard.uniform() - 0.5) }
            let facts = try makeFacts(seed: UInt64(seed), predictors: 1, val: rows, settings: flow("{kind: random_search}"))
            var record = PlanRecord(facts: facts)
            _ = record.trial(of: facts.initial, params: [:], provenance: "")
            let entrants = (0..<candidates).map { number in
                Entrant(state: facts.initial.replacingDemos { _ in [["n": .int(number)]] }, params: [:], provenance: "")
            }
            let all = Array(0..<rows)
            var search: any CandidateSearch =
                isEliminating
                ? EliminationRace(entrants, rows: all, target: nil, width: nil, seed: facts.seed)
                : FullEvaluations(entrants, rows: all, target: nil, width: nil)
            var work: [Work] = []
            while true {
                switch search.next(&record) {
                case .issue(let decision): work.append(decision.work)
                case .await(let index):
                    guard case .evaluate(let trial, _, _, let block, let fresh, _) = work[index] else { return }
                    runs += fresh.count
                    let outcomes = block.map { row -> ExampleOutcome in
                        var draw = KeyedGenerator(seed: UInt64(seed), purpose: "outcome/\(trial)", index: row)
                        return .scored(draw.uniform() < quality[trial - 1] + difficulty[row] ? 1 : 0)
                    }
                    record.tell(.evaluated(outcomes), of: index)
                case .done:
                    let full = record.trials.dropFirst().filter { $0.isTold(of: .val, in: all) }
                    winner = full.max { ($0.mean(of: .val, in: all) ?? 0) < ($1.mean(of: .val, in: all) ?? 0) }?.number ?? 0
                    return
                }
            }
        }
    }

    @Test func fewerRunsAndNearlyAlwaysTheSameWinner() throws {
        for rows in [100, 300] {
            var (full, raced, same, lost) = (0, 0, 0, 0.0)
            let seeds = 12
            for seed in 0..<seeds {
                let all = try Race(seed: seed, candidates: 18, rows: rows, isEliminating: false)
                let race = try Race(seed: seed, candidates: 18, rows: rows, isEliminating: true)
                full += all.runs
                raced += race.runs
                same += all.winner == race.winner ? 1 : 0
                lost += all.quality[all.winner - 1] - race.quality[race.winner - 1]
            }
            #expect(Double(raced) < 0.85 * Double(full))
            #expect(Double(same) >= 0.9 * Double(seeds))
            #expect(abs(lost) / Double(seeds) < 0.01)
        }
    }

    @Test func survivorsHaveAllRows() throws {
        let facts = try makeFacts(settings: flow("{kind: random_search, num_candidate_programs: 8, early_elimination: true}"))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        #expect(run.result?.bestVal.examples == facts.valCount)
        #expect(run.decisions.filter { $0.stage == .search }.count > 8)
    }
}
