import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct EnsembleTests {
    private func run(_ settings: String) throws -> PlanDriver.Run {
        let facts = try makeFacts(settings: flow(settings))
        return try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
    }

    @Test func theBestAnswerTogether() throws {
        let run = try run("{kind: ensemble, size: 3, programs: {kind: random_search, num_candidate_programs: 6}}")
        let joined = try #require(run.decisions.flatMap(\.trials).last)
        #expect(joined.provenance.hasPrefix("ensemble of trials "))
        let states = Dictionary(uniqueKeysWithValues: run.decisions.flatMap(\.candidates).map { ($0.id, $0.state) })
        let state = try #require(states[joined.candidate])
        let members = try #require(joined.params["programs"]?.arrayValue).compactMap(\.intValue)
        #expect(members.count == 3 && state.members.count == 3)
        let trials = run.decisions.flatMap(\.trials)
        #expect(state.members.map(\.digest) == members.map { trials[$0].candidate })
        // The means of the single ones, from the outcomes themselves.
        var scores: [Int: [Double]] = [:]
        for (decision, outcome) in zip(run.decisions, run.outcomes) {
            guard case .evaluate(let trial, _, .val, _, _, _) = decision.work, case .evaluated(let outcomes) = outcome else {
                continue
            }
            scores[trial, default: []] += outcomes.map { if case .scored(let score) = $0 { score } else { 0 } }
        }
        let means = scores.filter { $0.key != joined.number }.mapValues { $0.reduce(0, +) / Double($0.count) }
        let best = means.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3).map(\.key)
        #expect(members == best)
    }

    @Test func oneCandidateIsNoEnsemble() throws {
        let run = try run("{kind: ensemble, size: 5, programs: {kind: random_search, restrict: [-3], num_candidate_programs: 0}}")
        #expect(run.decisions.flatMap(\.trials).count == 1)
        #expect(run.result?.bestTrial == 0)
    }

    @Test func anyOptimiserFindsTheMembers() throws {
        let run = try run("{kind: ensemble, size: 2, programs: {kind: mipro, search: tpe, auto: light}}")
        #expect(run.decisions.flatMap(\.trials).last?.params["programs"]?.arrayValue?.count == 2)
    }

    @Test(arguments: [
        ("{kind: ensemble, size: 1}", "optimizer.size: 1 is out of range; give an integer from 2 to 100"),
        ("{kind: ensemble, reduce_fn: mean}", "optimizer.reduce_fn: 'mean' is not known; give one of: majority"),
        ("{kind: ensemble, programs: {kind: ensemble}}", "optimizer.programs.kind: 'ensemble' is no optimizer"),
        ("{kind: ensemble, programs: {kind: mipro, search: tpe, auto: lihgt}}", "optimizer.programs.auto: 'lihgt' is not known"),
        ("{kind: ensemble, deterministic: true}", "optimizer.deterministic: is not available"),
        ("{kind: knn_few_shot, max_bootstrapped_demos: 0, max_labeled_demos: 0}", "optimizer.max_labeled_demos: with"),
        ("{kind: knn_few_shot, vectorizer: x}", "optimizer.vectorizer: write it as `lm: {embedding"),
        ("{kind: labeled_few_shot, k: 0}", "optimizer.k: 0 is out of range"),
        ("{kind: random_search, restrict: [99]}", "optimizer.restrict: expected different integers from -3 to 15"),
        ("{kind: bootstrap_few_shot, teacher: x}", "optimizer.teacher: expected the file of a compiled program"),
    ])
    func mistakesAreNamed(text: String, message: String) throws {
        let error = #expect(throws: Diagnostics.self) { try OptimizerSettings(section: JSON(parsing: flow(text))) }
        #expect(error?.all.count == 1 && error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
