import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct BetterTogetherTests {
    private static let short =
        "optimizers: {p: {kind: random_search, num_candidate_programs: 2}, w: {kind: bootstrap_finetune}}"

    private func run(
        _ settings: String, predictors: Int = 2, _ change: (inout SimulatedSurface) -> Void = { _ in }
    ) throws -> (run: PlanDriver.Run, facts: StudyFacts, states: [String: ProgramState]) {
        let facts = try makeFacts(predictors: predictors, settings: flow(settings))
        var surface = SimulatedSurface(facts: facts)
        change(&surface)
        let run = try PlanDriver.run(StudyPlan(facts), on: surface)
        let states = run.decisions.flatMap(\.candidates).reduce(into: [:]) { $0[$1.id] = $1.state }
        return (run, facts, states)
    }

    private func calls(_ run: PlanDriver.Run) -> [FinetuneCall] {
        run.decisions.compactMap { if case .finetune(let call) = $0.work { call } else { nil } }
    }

    // MARK: The weight step

    @Test func oneJobLearnsFromWhatPassed() throws {
        let (run, facts, states) = try run("{kind: bootstrap_finetune, train_kwargs: {n_epochs: 2}}")
        let surface = SimulatedSurface(facts: facts)
        let successes = facts.train.indices.filter { surface.succeeds(row: $0, round: 0) }
        let call = try #require(calls(run).first)
        #expect(calls(run).count == 1 && call.model == nil && call.settings == ["n_epochs": 2])
        #expect(call.rows.count == 2 * successes.count && (1..<facts.train.count).contains(successes.count))
        let questions = try call.rows.map { row in
            let messages = try #require(row["messages"]?.arrayValue)
            #expect(messages.map { $0["role"]?.stringValue } == ["system", "user", "assistant"])
            #expect(messages[2]["content"]?.stringValue?.hasSuffix("[[ ## completed ## ]]\n") == true)
            return messages[1]["content"]?.stringValue ?? ""
        }
        for row in facts.train.indices {
            let count = questions.count { $0.contains("question \(row)\n") }
            #expect(count == (successes.contains(row) ? 2 : 0))
        }
        let tuned = try #require(run.decisions.flatMap(\.trials).first { $0.number == 1 })
        #expect(tuned.params == ["step0.predict.model": "tuned", "step1.predict.model": "tuned"])
        let state = try #require(states[tuned.candidate])
        #expect(state.paths.allSatisfy { state[$0]?.model == "ft:all0" })
        #expect(run.result?.bestTrial == 1)
    }

    @Test func oneJobForEachPredictor() throws {
        let (run, _, states) = try run("{kind: bootstrap_finetune, multitask: false}") { $0.callsPerPredictor = 3 }
        #expect(calls(run).map(\.key) == ["step0.predict", "step1.predict"])
        for call in calls(run) {
            let number = call.key == "step0.predict" ? 0 : 1
            #expect(
                call.rows.allSatisfy {
                    $0["messages"]?[0]?["content"]?.stringValue?.contains("Do step \(number).") == true
                })
            #expect(call.rows.count % 3 == 0)
        }
        let tuned = try #require(run.decisions.flatMap(\.trials).first { $0.number == 1 })
        #expect(states[tuned.candidate]?["step1.predict"]?.model == "ft:step1.predict")
    }

    @Test func chatsShowTheDemosButNotOneOfTheVeryRow() throws {
        var facts = try makeFacts(predictors: 1, settings: flow("{kind: bootstrap_finetune}"))
        let path = facts.initial.paths[0]
        facts.initial[path]?.demos = [facts.train[3], facts.train[4]]
        let attempt = SimulatedSurface(facts: facts).attempt(row: 3, round: 0)
        func demos(_ excludeDemos: Bool, row: Int) -> Int {
            var chats = TrainingChats(facts: facts, excludeDemos: excludeDemos, threshold: nil)
            chats.add(Attempt(outcome: .scored(1), trace: attempt.trace), row: row)
            return ((chats.chats(of: [path]).first?["messages"]?.arrayValue?.count ?? 0) - 3) / 2
        }
        #expect(demos(false, row: 9) == 2 && demos(false, row: 3) == 1 && demos(true, row: 9) == 0)
    }

    @Test func aThresholdSaysWhatPassed() throws {
        let facts = try makeFacts(settings: flow("{kind: bootstrap_finetune}"))
        func runs(_ threshold: Double?) -> Int {
            var chats = TrainingChats(facts: facts, excludeDemos: false, threshold: threshold)
            for score in [0, 0.3, 0.7] { chats.add(Attempt(outcome: .scored(score), trace: []), row: 0) }
            chats.add(Attempt(outcome: .programError, trace: []), row: 0)
            return chats.runs
        }
        #expect(runs(nil) == 2 && runs(0.5) == 1 && runs(0) == 3)
    }

    // MARK: The sequence

    @Test func eachStepGoesOnFromTheOneBefore() throws {
        let (run, facts, states) = try run("{kind: better_together, \(Self.short)}")
        let keys = run.decisions.map(\.key)
        let order = ["baseline", "s1/bootstrap/0", "s2/bootstrap/0", "s2/finetune/s2/all0", "s3/bootstrap/0"].map {
            keys.firstIndex(of: $0)
        }
        #expect(order.allSatisfy { $0 != nil } && order.compactMap(\.self) == order.compactMap(\.self).sorted(), "\(keys)")
        // The second step starts from the first one's best program, …
        let trials = run.decisions.flatMap(\.trials)
        let means = Dictionary(
            uniqueKeysWithValues: trials.map { trial -> (Int, Double) in
                let outcomes = zip(run.decisions, run.outcomes).flatMap { decision, outcome -> [Double] in
                    guard case .evaluate(trial.number, _, .val, _, _, _) = decision.work, case .evaluated(let list) = outcome
                    else { return [] }
                    return list.compactMap { if case .scored(let score) = $0 { score } else { nil } }
                }
                return (trial.number, outcomes.reduce(0, +) / Double(outcomes.count))
            })
        let first = trials.filter { $0.provenance.hasPrefix("step 1, random_search: ") }
        let best = try #require(first.max { (means[$0.number] ?? 0) < (means[$1.number] ?? 0) })
        guard case .bootstrap(let teacher, let examples, 0) = run.decisions[try #require(order[2])].work else {
            Issue.record("the weight step bootstraps")
            return
        }
        #expect(means[first.first { $0.candidate == teacher }?.number ?? -1] == means[best.number])
        // … on all training rows that it has not been run on, in an order of its own, …
        let known = run.decisions.flatMap { decision -> [Int] in
            guard decision.key.hasPrefix("s1/"), case .bootstrap(teacher, let rows, 0) = decision.work else { return [] }
            return rows
        }
        #expect((examples + known).sorted() == Array(facts.train.indices) && examples != examples.sorted())
        // … and the third one has the tuned model throughout.
        let third = trials.filter { $0.provenance.hasPrefix("step 3, random_search: ") }
        #expect(!third.isEmpty && third.allSatisfy { trial in states[trial.candidate]?["step0.predict"]?.model == "ft:s2/all0" })
        let winner = try #require(run.result?.bestTrial)
        #expect(means[winner] == means.values.max())
        #expect(run.result?.notes.isEmpty == true)
    }

    /// The table of trials shows it when the study has ended, however often it was written before.
    @Test func whatAStepBelievedStays() throws {
        let facts = try makeFacts(
            settings: flow(
                "{kind: better_together, strategy: p -> w, "
                    + "optimizers: {p: {kind: mipro, auto: light}, w: {kind: bootstrap_finetune}}}"))
        let runs = try (0..<3).map { try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts), timing: $0) }
        let tuned = try #require(runs[0].decisions.flatMap(\.trials).last?.number)
        #expect(runs[0].beliefs.map(\.trial) == Array(0..<tuned), "all trials of the search, but not the tuned program")
        #expect(runs.allSatisfy { $0.beliefs == runs[0].beliefs })
    }

    @Test func aTunedModelIsTrainedFurther() throws {
        let (run, _, _) = try run("{kind: better_together, strategy: w -> w, \(Self.short)}")
        #expect(calls(run).map(\.model) == [nil, "ft:s1/all0"])
    }

    @Test func aFailedTrainingEndsTheSequence() throws {
        let (run, _, _) = try run("{kind: better_together, \(Self.short)}") { $0.trains = false }
        #expect(!run.decisions.contains { $0.key.hasPrefix("s3/") })
        #expect(
            run.result?.notes.contains(
                "Step 2 (bootstrap_finetune): The training of a model for step0.predict, step1.predict failed: "
                    + "the file has too few rows") == true, "\(run.result?.notes ?? [])")
        #expect(run.result?.notes.contains { $0.contains("Step 2 of 3, w, made no program") } == true)
        #expect(run.result.map { $0.bestTrial > 0 && $0.finishReason == .trials } == true)
    }

    @Test func nothingToLearnFromIsSaid() throws {
        let (run, _, _) = try run("{kind: better_together, strategy: w, \(Self.short)}") { $0.teacherSkill = 0 }
        #expect(calls(run).isEmpty && run.result?.bestTrial == 0)
        #expect(run.result?.notes.contains { $0.contains("good enough to learn from") } == true)
    }

    @Test func aReachedTargetEndsTheSequence() throws {
        let (run, _, _) = try run("{kind: better_together, target_score: 0.2, \(Self.short)}")
        #expect(run.result?.finishReason == .targetScore && calls(run).isEmpty)
    }

    // MARK: Settings

    private func settings(_ text: String) throws -> OptimizerSettings {
        try OptimizerSettings(section: try JSON(parsing: flow(text)))
    }

    @Test func defaultsAreDSPys() throws {
        let json = try settings("{kind: better_together}").json
        #expect(json["strategy"] == "p -> w -> p" && json["shuffle_trainset_between_steps"] == true)
        #expect(json["optimizers"]?["p"]?["kind"] == "random_search" && json["optimizers"]?["p"]?["num_candidate_programs"] == 16)
        #expect(json["optimizers"]?["w"]?["kind"] == "bootstrap_finetune" && json["optimizers"]?["w"]?["multitask"] == true)
        #expect(try OptimizerSettings(section: json).json == json)
        #expect(try settings("{kind: better_together}").kind.roles == [.teacher])
        #expect(try settings("{kind: better_together}").kind.trainsModels)
        #expect(try !settings("{kind: better_together, strategy: p}").kind.trainsModels)
        #expect(try settings("{kind: better_together, strategy: m, optimizers: {m: {kind: mipro, search: tpe}}}").kind.roles.contains(.prompt))
    }

    @Test(arguments: [
        ("strategy: p -> x", "optimizer.strategy", "'x' is no step; write the steps as 'p -> w', of: p, w"),
        ("strategy: 'p - w'", "optimizer.strategy", "'p-w' is no step"),
        ("strategy: 'p -> '", "optimizer.strategy", "'' is no step"),
        ("strategy: null, optimizers: {a: {kind: mipro, search: tpe}}", "optimizer.strategy", "has 'p', which optimizers does not name"),
        ("strategy: 3", "optimizer.strategy", "of: p, w"),
        ("optimizers: {p: {kind: mipro, search: tpe, auto: huge}, w: {kind: bootstrap_finetune}}", "optimizer.optimizers.p.auto", "huge"),
        ("optimizers: {p: {kind: random_serch}, w: {kind: bootstrap_finetune}}", "optimizer.optimizers.p.kind", "random_search"),
        ("strategy: p, optimizers: {p: {kind: better_together}}", "optimizer.optimizers.p.kind", "better_together"),
        (
            "optimizers: {p: {kind: random_search, epochs: 3}, w: {kind: bootstrap_finetune}}", "optimizer.optimizers.p.epochs",
            "epochs"
        ),
        ("optimizers: [p]", "optimizer.optimizers", "expected sections"),
        ("valset_ratio: 0.2", "optimizer.valset_ratio", "data.val"),
        ("w: {kind: bootstrap_finetune}", "optimizer.w", "optimizers: {w:"),
        (
            "strategy: w, optimizers: {w: {kind: bootstrap_finetune, train_kwargs: 3}}", "optimizer.optimizers.w.train_kwargs",
            "object"
        ),
    ])
    func badSettingsAreRefused(text: String, path: String, message: String) throws {
        let error = #expect(throws: Diagnostics.self) { try settings("{kind: better_together, \(text)}") }
        let finding = error?.all.first { $0.path.description == path }
        #expect(finding?.message.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test func whatAStepLacksIsSaidOnce() throws {
        let found = try settings("{kind: better_together}").check(StudySize(train: 0, val: 10))
        #expect(found.map(\.path.description) == ["data.train"] || found.count == 2, "\(found)")
        #expect(try settings("{kind: bootstrap_finetune}").check(StudySize(train: 0, val: 10)).count == 1)
    }
}
