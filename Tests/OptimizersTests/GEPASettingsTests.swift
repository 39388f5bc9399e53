import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct GEPASettingsTests {
    private func problems(_ text: String) -> [String] {
        do throws(Diagnostics) {
            _ = try OptimizerSettings(section: (try? JSON(parsing: flow(text))) ?? .null)
            return []
        } catch {
            return error.all.map(\.description)
        }
    }

    @Test func defaultsAreDSPys() throws {
        let json = try OptimizerSettings(section: ["kind": "gepa", "auto": "light"]).json
        let expected: JSONObject = [
            "auto": "light", "max_full_evals": .null, "max_metric_calls": .null, "reflection_minibatch_size": 3,
            "candidate_selection_strategy": "pareto", "component_selector": "round_robin", "skip_perfect_score": true,
            "perfect_score": 1.0, "add_format_failure_as_feedback": false, "use_merge": true, "max_merge_invocations": 5,
            "failure_score": 0.0,
        ]
        for (key, value) in expected { #expect(json[key] == value, "\(key)") }
    }

    @Test(arguments: [
        "{kind: gepa, auto: heavy, reflection_minibatch_size: 5, use_merge: false, perfect_score: 10, width: 40}",
        "{kind: gepa, max_full_evals: 4, candidate_selection_strategy: current_best, component_selector: all, failure_score: -1}",
        "{kind: gepa, max_metric_calls: 900, skip_perfect_score: false, add_format_failure_as_feedback: true}",
        "{kind: gepa, max_metric_calls: 900, auto: null, max_merge_invocations: 0, warn_on_score_mismatch: false}",
    ])
    func resolvedSettingsReadBackEqual(text: String) throws {
        let settings = try OptimizerSettings(section: try JSON(parsing: flow(text)))
        #expect(try OptimizerSettings(section: settings.json) == settings)
        #expect(settings.kind.roles == [.prompt])
    }

    private static let choice = "give exactly one of auto (light, medium, heavy), max_full_evals, max_metric_calls"

    @Test(arguments: [
        ("{kind: gepa}", "optimizer.auto: is missing; \(choice)"),
        (
            "{kind: gepa, auto: light, max_metric_calls: 9}",
            "optimizer.auto: auto and max_metric_calls contradict each other; \(choice)"
        ),
        ("{kind: gepa, auto: lihgt}", "optimizer.auto: 'lihgt' is not known; did you mean 'light'?"),
        (
            "{kind: gepa, max_metric_calls: 0}",
            "optimizer.max_metric_calls: 0 is out of range; give an integer from 1 to 100000000"
        ),
        (
            "{kind: gepa, auto: light, candidate_selection_strategy: best}",
            "optimizer.candidate_selection_strategy: 'best' is not known; give one of: pareto, current_best"
        ),
        ("{kind: gepa, auto: light, reflection_lm: sim}", "optimizer.reflection_lm: write it as `lm: {prompt: …}`"),
        (
            "{kind: gepa, auto: light, track_stats: true}",
            "optimizer.track_stats: everything is kept in the database; see `nightshift trials`"
        ),
        (
            "{kind: gepa, auto: light, seed: 3}",
            "optimizer.seed: the seed belongs to the whole study; write `seed:` at the top level"
        ),
        (
            "{kind: gepa, auto: light, use_merges: true}",
            "optimizer.use_merges: gepa has no setting 'use_merges'; did you mean 'use_merge'?"
        ),
        (
            "{kind: gepa, auto: light, warn_on_score_mismatch: 3}",
            "optimizer.warn_on_score_mismatch: expected true or false, not an integer"
        ),
    ])
    func mistakesAreNamed(text: String, message: String) {
        #expect(problems(text) == [message])
    }

    /// Every parameter of dspy.GEPA 3.4.1 is a setting, or is refused with words of its own.
    @Test(arguments: [
        "reflection_lm", "instruction_proposer", "code_proposer", "num_threads", "log_dir", "track_stats", "use_wandb",
        "wandb_api_key", "wandb_init_kwargs", "track_best_outputs", "use_mlflow", "seed", "gepa_kwargs", "metric",
    ])
    func whatDSPyHasBesideIsRefusedWithAHint(key: String) {
        let found = problems("{kind: gepa, auto: light, \(key): 1}")
        #expect(found.count == 1 && found[0].hasPrefix("optimizer.\(key): "))
        #expect(!found[0].contains("has no setting"), "\(found)")
    }

    @Test func settingsAreCheckedAgainstTheData() throws {
        let settings = try OptimizerSettings(section: ["kind": "gepa", "max_metric_calls": 60])
        #expect(settings.check(StudySize(train: 5, val: 59)).isEmpty)
        #expect(settings.check(StudySize(train: 5, val: 60)).map(\.path.description) == ["optimizer.max_metric_calls"])
        #expect(settings.check(StudySize(train: 0, val: 20)).map(\.path.description) == ["data.train"])
        #expect(settings.plannedExamples(StudySize(train: 5, val: 20, test: 30)) == 20 + 40 + 60)
    }
}
