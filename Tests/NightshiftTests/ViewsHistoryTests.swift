import JSON
import Testing

@testable import Nightshift
@testable import Store

@Suite("Trials and studies")
struct ViewsHistoryTests {
    @Test func trialsInColumns() {
        #expect(
            TrialsTable(style: .plain).lines(searchingFixture().trials) == [
                "trial    score        95 %  examples  errors  calls  state     params                           from",
                "    0   47.3 %   41.8…53.0       300       0    301  complete                                   uncompiled program",
                "  * 7   63.0 %   53.2…71.8       100       0    101  complete  route.predict: instr 2, demos 3  tpe",
                "    8  100.0 %  56.6…100.0         5       0      6  running                                    tpe",
            ])
        #expect(TrialsTable(style: .plain).lines([]) == ["no trials yet"])
        let trials = searchingFixture().trials
        let marked = TrialsTable(style: .plain).lines(trials, winner: trials[0].number).filter { $0.contains("* ") }
        #expect(marked.count == 1 && marked[0].contains("* \(trials[0].number) "), "\(marked)")
    }

    @Test func narrowTrialsShortenParams() {
        let lines = TrialsTable(style: .plain, width: 88).lines(searchingFixture().trials)
        #expect(lines[2] == "  * 7   63.0 %   53.2…71.8       100       0    101  complete  route.p…  tpe")
        #expect(lines.allSatisfy { $0.columns <= 88 })
    }

    @Test func paramsGroupByPredictor() {
        #expect(
            ParamsText(["a.instructions": 1, "b.demos": 2, "a.demos": 0, "seed": -1]).text
                == "a: instr 1, demos 0; b: demos 2; seed -1")
        #expect(ParamsText(.null).text == "")
    }

    @Test func trialDocument() {
        let trial = trialFixture(7, score: 0.5, examples: 4, params: ["a.demos": 1])
        let document = trialJSON(trial)
        #expect(
            document.objectValue?.keys == [
                "number", "candidate", "params", "state", "score", "examples", "posterior", "interval", "provenance", "calls",
                "created_at", "finished_at",
            ])
        // Wilson for 2 of 4: 0.5 ± 1.96 · sqrt(0.25/4 + 1.96²/64) / (1 + 1.96²/4)
        let bounds = document["interval"]?.arrayValue?.compactMap(\.doubleValue) ?? []
        #expect(bounds.count == 2 && abs(bounds[0] - 0.150036) < 1e-5 && abs(bounds[1] - 0.849964) < 1e-5)
        #expect(document["posterior"] == .null)
    }

    /// What the search believes takes the place of the interval of the plain mean.
    @Test func beliefsAreShown() throws {
        var trial = trialFixture(7, score: 0.5, examples: 4)
        (trial.posterior, trial.deviation) = (0.712, 0.02)
        let document = trialJSON(trial)
        #expect(document["posterior"] == 0.712 && document["score"] == 0.5)
        let bounds = document["interval"]?.arrayValue?.compactMap(\.doubleValue) ?? []
        #expect(bounds.count == 2 && abs(bounds[0] - 0.6728) < 1e-9 && abs(bounds[1] - 0.7512) < 1e-9)
        #expect(
            TrialsTable(style: .plain).lines([trial])[1]
                == "  * 7  50.0 %  71.2 ± 3.9         4       0      5  complete          tpe")
        let lines = TrialView(style: .plain).lines(trial, state: [:])
        #expect(lines.contains("  score   50.0 % of 4 examples") && lines.contains("  belief  71.2 ± 3.9"))
    }

    /// Student's t of 3 and 9 degrees is 3.182 and 2.262.
    @Test(
        arguments: [
            (0.5, 4, ScoreSpread(areBinary: false, areFractions: true, deviation: 0), 0.5, 0.5),
            (0.3, 10, ScoreSpread(areBinary: false, areFractions: true, deviation: 0.2), 0.1569, 0.4431),
            (0.9, 4, ScoreSpread(areBinary: false, areFractions: true, deviation: 0.2), 0.5818, 1),
            (7, 4, ScoreSpread(areBinary: false, areFractions: false, deviation: 2), 3.818, 10.182),
            (1, 3, ScoreSpread(areBinary: true, areFractions: true, deviation: 0), 0.4385, 1),
        ])
    func intervalsFollowTheSpreadOfTheScores(
        score: Double, examples: Int, spread: ScoreSpread, lower: Double, upper: Double
    ) throws {
        var trial = trialFixture(1, score: score, examples: examples)
        trial.spread = spread
        let bounds = trialJSON(trial)["interval"]?.arrayValue?.compactMap(\.doubleValue) ?? []
        try #require(bounds.count == 2)
        #expect(abs(bounds[0] - lower) < 0.02 && abs(bounds[1] - upper) < 0.02, "\(bounds)")
    }

    @Test func whatHasNoSpreadHasNoInterval() {
        var trial = trialFixture(1, score: 0.3, examples: 1)
        trial.spread = ScoreSpread(areBinary: false, areFractions: true, deviation: nil)
        #expect(trialJSON(trial)["interval"] == .null)
        trial.spread = nil
        #expect(trialJSON(trial)["interval"] == .null)
    }

    @Test func studiesInColumns() {
        let studies = [
            StudyLine(
                id: "4f2a9c31", name: "routing", state: "queued", finishReason: nil, message: nil, trials: 0, openUnits: 0,
                leasedUnits: 0,
                isLed: false, priority: 10, createdAt: "2026-03-01 22:04:05.123456+00", finishedAt: nil, elapsedSeconds: 0),
            StudyLine(
                id: "77aa", name: "intents", state: "finished", finishReason: "trials", message: nil, trials: 23, openUnits: 0,
                leasedUnits: 0, isLed: false, priority: 10, createdAt: "2026-02-01 02:04:05.123456+00",
                finishedAt: "2026-02-01 03:04:05+00", elapsedSeconds: 3661),
        ]
        #expect(
            StudiesTable(style: .plain).lines(studies) == [
                "study     name     state     trials  units open  in flight  created             time  because",
                "4f2a9c31  routing  queued         0           0          0  2026-03-01 22:04    0.0s  no coordinator: nightshift coordinator",
                "77aa      intents  finished      23           0          0  2026-02-01 02:04  1h 01m  trials",
            ])
        #expect(StudiesTable(style: .plain).lines([]) == ["no studies yet; nightshift compile STUDY.yaml starts one"])
        #expect(studyJSON(studies[1])["finish_reason"] == "trials")
        #expect(studyJSON(studies[0])["finished_at"] == .null)
    }

    @Test func oneTrialWithItsPrompts() {
        let state: JSON = [
            "route.predict": [
                "instructions": "Route the message.\nAnswer briefly.",
                "demos": [["message": "Where is\nmy order?", "queue": "orders"], ["message": "…", "augmented": true]],
            ]
        ]
        let lines = TrialView(style: .plain).lines(
            searchingFixture().trials[1], state: state,
            messages: [("system", "Your input\nfields"), ("user", "[[ ## message ## ]]")])
        #expect(
            lines == [
                "trial 7  cand7  complete",
                "  score   63.0 % of 100 examples  95 %: 53.2 to 71.8 %",
                "  params  route.predict: instr 2, demos 3",
                "  from    tpe",
                "  calls   101",
                "  time    2026-03-01 22:04 to 2026-03-01 22:14",
                "",
                "route.predict",
                "  instructions",
                "    Route the message.",
                "    Answer briefly.",
                "  2 demos",
                "   1. message: Where is my order?",
                "      queue: orders",
                "   2. message: …",
                "      augmented: true",
                "",
                "[system]",
                "Your input",
                "fields",
                "",
                "[user]",
                "[[ ## message ## ]]",
            ])
    }

    @Test func trialWithoutAnything() {
        let lines = TrialView(style: .plain).lines(
            trialFixture(3, score: nil, examples: 0, state: "running", errors: 2, finished: false), state: .null)
        #expect(
            lines == [
                "trial 3  cand3  running", "  score   not scored yet  2 errors", "  params  none", "  from    tpe", "  calls   1",
                "  time    2026-03-01 22:04",
            ])
    }
}
