import JSON
import Testing

@testable import Optimizers

@Suite struct OptimizerSettingsTests {
    private func problems(_ text: String) -> [String] {
        do throws(Diagnostics) {
            _ = try OptimizerSettings(section: (try? JSON(parsing: flow(text))) ?? .null)
            return []
        } catch {
            return error.all.map(\.description)
        }
    }

    @Test func defaultsAreDSPys() throws {
        let mipro = try OptimizerSettings(section: nil).json
        #expect(mipro == (try OptimizerSettings(section: ["kind": "mipro"]).json))
        #expect(mipro["auto"] == "light" && mipro["max_labeled_demos"] == 4 && mipro["minibatch_size"] == 35)
        #expect(mipro["search"] == "racing" && mipro["stop_margin"] == 0.01 && mipro["stop_probability"] == 0.05)
        #expect(mipro["min_coverage"] == 0.9 && mipro["num_trials"] == .null)
        #expect(mipro["proposal_rounds"] == 1)
        let copro = try OptimizerSettings(section: ["kind": "copro"]).json
        #expect(copro["breadth"] == 10 && copro["depth"] == 3 && copro["init_temperature"] == 1.4)
        let bayesian = try OptimizerSettings(section: ["kind": "bayesian_signature"]).json
        #expect(bayesian["n"] == 10 && bayesian["init_temperature"] == 1.0 && bayesian["view_data_batch_size"] == 10)
        #expect(bayesian["search"] == "racing" && bayesian["max_labeled_demos"] == nil)
        let random = try OptimizerSettings(section: ["kind": "random_search"]).json
        #expect(random["max_labeled_demos"] == 16 && random["num_candidate_programs"] == 16 && random["stop_at_score"] == .null)
    }

    @Test(arguments: [
        "{kind: mipro, auto: heavy, width: 50, target_score: 0.9, failure_score: -1, minibatch: false}",
        "{kind: mipro, auto: null, num_candidates: 5, num_trials: 20, metric_threshold: 0.5, search: random}",
        "{kind: random_search, stop_at_score: 0.9, max_rounds: 2, min_coverage: 0.5}",
        "{kind: random_search, restrict: [-1, 3], labeled_sample: false, early_elimination: true}",
        "{kind: labeled_few_shot, k: 3, sample: false}", "{kind: bootstrap_few_shot, max_rounds: 2, metric_threshold: 0.5}",
        "{kind: knn_few_shot, k: 5}", "{kind: ensemble, size: 4, field: answer, programs: {kind: mipro, auto: heavy}}",
        "{kind: copro, breadth: 4, depth: 2, init_temperature: 0.5}",
        "{kind: bayesian_signature, n: 4, num_trials: 9, search: tpe, proposal_rounds: 2, data_aware_proposer: false}",
        "{kind: mipro, proposal_rounds: 3, search_budget: 400}", "{kind: mipro, search: racing, stop_probability: 0}",
        "{kind: ensemble, programs: {kind: mipro, search: dspy, search_budget: 90}}",
        "{kind: better_together, strategy: p, optimizers: {p: {kind: bayesian_signature, search: gp}}}",
    ])
    func resolvedSettingsReadBackEqual(text: String) throws {
        let settings = try OptimizerSettings(section: try JSON(parsing: flow(text)))
        #expect(try OptimizerSettings(section: settings.json, isStored: true) == settings)
    }

    @Test(arguments: [
        ("{auto: light}", "optimizer.kind: is missing; available: KINDS"),
        ("{kind: mirpo}", "optimizer.kind: 'mirpo' is no optimizer; did you mean 'mipro'? available: KINDS"),
        (
            "{kind: mipro, minibatch_sise: 3}",
            "optimizer.minibatch_sise: mipro has no setting 'minibatch_sise'; did you mean 'minibatch_size'?"
        ),
        ("{kind: mipro, seed: 3}", "optimizer.seed: the seed belongs to the whole study; write `seed:` at the top level"),
        (
            "{kind: mipro, search: annealing}",
            "optimizer.search: 'annealing' is not known; give one of: racing, gp, tpe, random, dspy"
        ),
        ("{kind: copro, breadth: 1}", "optimizer.breadth: 1 is out of range; give an integer from 2 to 1000"),
        ("{kind: copro, depth: 0}", "optimizer.depth: 0 is out of range; give an integer from 1 to 1000"),
        ("{kind: copro, init_temperature: 3}", "optimizer.init_temperature: 3.0 is out of range; give a number from 0 to 2"),
        (
            "{kind: copro, max_labeled_demos: 2}",
            "optimizer.max_labeled_demos: copro leaves demos as they are; use `kind: mipro`"
        ),
        (
            "{kind: copro, track_stats: true}",
            "optimizer.track_stats: everything is kept in the database; see `nightshift trials`"
        ),
        ("{kind: bayesian_signature, n: 0}", "optimizer.n: 0 is out of range; give an integer from 1 to 1000"),
        ("{kind: bayesian_signature, optuna_trials_num: 5}", "optimizer.optuna_trials_num: write `num_trials`"),
        (
            "{kind: bayesian_signature, n: 1, proposal_rounds: 2}",
            "optimizer.proposal_rounds: a single candidate leaves nothing to propose; give 1, or more candidates"
        ),
        (
            "{kind: mipro, proposal_rounds: 2, search: dspy}",
            "optimizer.proposal_rounds: `search: dspy` proposes once, as MIPROv2 does; give 1, or another search"
        ),
        (
            "{kind: mipro, search: tpe, stop_probability: 0.1}",
            "optimizer.stop_probability: has no effect with `search: tpe`, which does not end by itself; leave it out, "
                + "or use `search: racing`"
        ),
        (
            "{kind: bayesian_signature, search: gp, stop_margin: 0.02}",
            "optimizer.stop_margin: has no effect with `search: gp`, which does not end by itself; leave it out, "
                + "or use `search: racing`"
        ),
        (
            "{kind: ensemble, programs: {kind: mipro, search: random, stop_probability: 0}}",
            "optimizer.programs.stop_probability: has no effect with `search: random`, which does not end by itself; leave it out, "
                + "or use `search: racing`"
        ),
        (
            "{kind: mipro, provide_traceback: true}",
            "optimizer.provide_traceback: errors are kept with their examples; see `nightshift trials`"
        ),
        ("{kind: mipro, auto: lite}", "optimizer.auto: 'lite' is not known; give one of: light, medium, heavy"),
        ("{kind: mipro, auto: lihgt}", "optimizer.auto: 'lihgt' is not known; did you mean 'light'?"),
        ("{kind: mipro, minibatch: 1}", "optimizer.minibatch: expected true or false, not an integer"),
        (
            "{kind: mipro, search_budget: 9223372036854775807}",
            "optimizer.search_budget: 9223372036854775807 is out of range; give an integer from 1 to 1000000000"
        ),
        (
            "{kind: bootstrap_few_shot, max_labeled_demos: 9223372036854775807}",
            "optimizer.max_labeled_demos: 9223372036854775807 is out of range; give an integer from 0 to 1000000000"
        ),
        (
            "{kind: mipro, failure_score: -2000000000000}",
            "optimizer.failure_score: -2000000000000.0 is out of range; give a number from -1e12 to 1e12"
        ),
        (
            "{kind: random_search, stop_at_score: -1}",
            "optimizer.stop_at_score: -1.0 is negative; give a number from 0 to 1, such as 0.8 for 80 %"
        ),
        ("{kind: mipro, minibatch_size: 0}", "optimizer.minibatch_size: 0 is out of range; give an integer of at least 1"),
        ("{kind: mipro, min_coverage: 90}", "optimizer.min_coverage: 90.0 is no share; give a number from 0 to 1"),
        (
            "{kind: mipro, num_trials: 9}",
            "optimizer.num_trials: auto: light sets this already; write `auto: null` with both num_candidates and num_trials"
        ),
        (
            "{kind: mipro, auto: null, num_trials: 9}",
            "optimizer.num_candidates: is missing; `auto: null` needs both num_candidates and num_trials"
        ),
        (
            "{kind: random_search, stop_at_score: 90}",
            "optimizer.stop_at_score: 90.0 is above 1; scores are fractions here: write 0.9 for 90.0 %"
        ),
        (
            "{kind: bootstrap_finetune, train_kwargs: {training_file: rows}}",
            "optimizer.train_kwargs: 'training_file' is set by nightshift; leave it out"
        ),
        (
            "{kind: bootstrap_finetune, train_kwargs: {hyperparameters: {n_epochs: 3}}}",
            "optimizer.train_kwargs: 'hyperparameters' is made of what stands here; write its members"
        ),
        (
            "{kind: bootstrap_finetune, train_kwargs: {n_epochs: many}}",
            "optimizer.train_kwargs: n_epochs must be an integer of at least 1, or auto"
        ),
        (
            "{kind: bayesian_signature, minibatch_size: 20}",
            "optimizer.minibatch_size: has no effect without `minibatch: true`"
        ),
        (
            "{kind: mipro, minibatch: false, minibatch_full_eval_steps: 3}",
            "optimizer.minibatch_full_eval_steps: has no effect without `minibatch: true`"
        ),
    ])
    func mistakesAreNamed(text: String, message: String) {
        let kinds = OptimizerSettings.kinds.map { $0.name }.joined(separator: ", ")
        #expect(problems(text) == [message.replacing("KINDS", with: kinds)])
    }

    @Test func allMistakesAreReportedAtOnce() {
        #expect(problems("{kind: mipro, seed: 1, auto: false, width: 0}").count == 3)
        #expect(problems("3").count == 1)
    }

    @Test func settingsAreCheckedAgainstTheData() throws {
        let settings = try OptimizerSettings(
            section: try JSON(parsing: flow("{kind: mipro, auto: null, num_candidates: 2, num_trials: 3}")))
        #expect(settings.check(StudySize(train: 1, val: 35)).isEmpty)
        #expect(
            settings.check(StudySize(val: 20)).map(\.description) == [
                "optimizer.minibatch_size: 35 is more than the 20 validation rows of the search; give at most 20, "
                    + "or `minibatch: false`"
            ])
        #expect(settings.check(StudySize(train: 0, val: 0)).map(\.path.description) == ["data.val", "data.train"])
        #expect(try OptimizerSettings(section: nil).check(StudySize(val: 20)).isEmpty, "auto turns minibatches off by itself")
    }
}
