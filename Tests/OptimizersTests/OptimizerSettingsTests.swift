import JSON
import Optimizers
import Testing

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
        #expect(mipro["search"] == "tpe" && mipro["min_coverage"] == 0.9 && mipro["num_trials"] == .null)
        let random = try OptimizerSettings(section: ["kind": "random_search"]).json
        #expect(random["max_labeled_demos"] == 16 && random["num_candidate_programs"] == 16 && random["stop_at_score"] == .null)
    }

    @Test(arguments: [
        "{kind: mipro, auto: heavy, width: 50, target_score: 0.9, failure_score: -1, minibatch: false}",
        "{kind: mipro, auto: null, num_candidates: 5, num_trials: 20, metric_threshold: 0.5, search: random}",
        "{kind: random_search, stop_at_score: 0.9, max_rounds: 2, min_coverage: 0.5}",
    ])
    func resolvedSettingsReadBackEqual(text: String) throws {
        let settings = try OptimizerSettings(section: try JSON(parsing: flow(text)))
        #expect(try OptimizerSettings(section: settings.json) == settings)
    }

    @Test(arguments: [
        ("{auto: light}", "optimizer.kind: is missing; available: random_search, mipro"),
        ("{kind: gepa}", "optimizer.kind: 'gepa' is not available yet; available: random_search, mipro"),
        ("{kind: mirpo}", "optimizer.kind: 'mirpo' is no optimizer; did you mean 'mipro'? available: random_search, mipro"),
        (
            "{kind: mipro, minibatch_sise: 3}",
            "optimizer.minibatch_sise: mipro has no setting 'minibatch_sise'; did you mean 'minibatch_size'?"
        ),
        ("{kind: mipro, seed: 3}", "optimizer.seed: the seed belongs to the whole study; write `seed:` at the top level"),
        ("{kind: mipro, search: gp}", "optimizer.search: 'gp' is not available yet; give one of: tpe, random"),
        ("{kind: mipro, auto: lite}", "optimizer.auto: 'lite' is not known; give one of: light, medium, heavy"),
        ("{kind: mipro, auto: lihgt}", "optimizer.auto: 'lihgt' is not known; did you mean 'light'?"),
        ("{kind: mipro, minibatch: 1}", "optimizer.minibatch: expected true or false, not an integer"),
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
    ])
    func mistakesAreNamed(text: String, message: String) {
        #expect(problems(text) == [message])
    }

    @Test func allMistakesAreReportedAtOnce() {
        #expect(problems("{kind: mipro, seed: 1, auto: false, width: 0}").count == 3)
        #expect(problems("3").count == 1)
    }

    @Test func settingsAreCheckedAgainstTheData() throws {
        let settings = try OptimizerSettings(
            section: try JSON(parsing: flow("{kind: mipro, auto: null, num_candidates: 2, num_trials: 3}")))
        #expect(settings.check(valCount: 35, trainCount: 1).isEmpty)
        #expect(
            settings.check(valCount: 20).map(\.description) == [
                "optimizer.minibatch_size: 35 is more than the 20 validation rows of the search; give at most 20, "
                    + "or `minibatch: false`"
            ])
        #expect(settings.check(valCount: 0, trainCount: 0).map(\.path.description) == ["data.val", "data.train"])
        #expect(try OptimizerSettings(section: nil).check(valCount: 20).isEmpty, "auto turns minibatches off by itself")
    }
}
