import JSON
import Testing

@testable import Nightshift
@testable import Store

@Suite("Progress")
struct ViewsProgressTests {
    @Test func showsStagesStandingAndPace() {
        #expect(
            ProgressView(style: .plain, width: 80).lines(searchingFixture()) == [
                "support-routing  4f2a9c31  running  1m 12s, about 1m 03s left",
                "✓ baseline   ██████████████████████████████   300/300  100 %  2.0s",
                "✓ bootstrap  ██████████████████████████████     60/60  100 %  12s",
                "  search     █████████████▌░░░░░░░░░░░░░░░░  450/1000   45 %  58s",
                "baseline 47.3 %  best 63.0 % (trial 7, 100 examples)  +15.7",
                "2,011 calls  120 cached  1.2M tokens  25.3/s  8 units in flight  2 workers",
            ])
    }

    @Test(arguments: [1, 10, 24, 40, 60, 79, 200])
    func fitsAnyWidth(width: Int) {
        for style in [Style.plain, .coloured] {
            for line in ProgressView(style: style, width: width).lines(searchingFixture()) { #expect(line.columns <= width) }
        }
    }

    @Test func narrowTerminalsGetNoBar() {
        let lines = ProgressView(style: .plain, width: 36).lines(searchingFixture())
        #expect(lines[3] == "  search     450/1000   45 %  58s")
    }

    @Test func coloursAddNothingButColours() {
        let coloured = ProgressView(style: .coloured, width: 80).lines(searchingFixture())
        #expect(coloured.joined().contains("\u{1B}[32m✓"))
        let stripped = coloured.map { $0.replacing(/\u{1B}\[[0-9]+m/, with: "") }
        #expect(stripped == ProgressView(style: .plain, width: 80).lines(searchingFixture()))
    }

    @Test func pausedStudySaysWhy() {
        var snapshot = searchingFixture()
        snapshot.state = "paused"
        snapshot.message = "the LM refuses the key:\n401"
        #expect(ProgressView(style: .plain, width: 80).lines(snapshot).last == "paused: the LM refuses the key: 401")
    }

    @Test func queuedStudyHasNothingToShowYet() {
        let lines = ProgressView(style: .plain, width: 80).lines(StudySnapshot(id: "ab", name: "n", state: "queued"))
        #expect(lines == ["n  ab  queued  0.0s", "0 calls  0 tokens  0 units in flight  0 workers"])
    }

    @Test func stageIsOverOnceAnotherFollowsOrTheStudyEnded() {
        var snapshot = searchingFixture()
        snapshot.stages[2].open = 0
        #expect([0, 1, 2].map(snapshot.isOver) == [true, true, false])
        snapshot.state = "finished"
        #expect(snapshot.isOver(2))
    }

    @Test func bestIsNotTheLuckyCandidateOfFewExamples() {
        let standing = Standing(searchingFixture().trials)
        #expect(standing.best?.number == 7)
        #expect(Standing([trialFixture(0, score: 0.5, examples: 10)]).line(.plain) == "baseline 50.0 %")
        #expect(Standing([trialFixture(0, score: nil, examples: 0)]).line(.plain) == nil)
        let tie = Standing([
            trialFixture(3, score: 0.5, examples: 60), trialFixture(2, score: 0.5, examples: 60),
            trialFixture(4, score: 0.5, examples: 50),
        ])
        #expect(tie.best?.number == 2)
    }

    /// A search that chooses hard rows makes plain means low: the best stands where the model believes it.
    @Test func theBestOfASearchStandsWhereItIsBelieved() {
        var trials = searchingFixture().trials
        trials[1].posterior = 0.58
        trials.append(trialFixture(9, score: 0.5, examples: 80))
        trials[3].posterior = 0.61
        let standing = Standing(trials)
        #expect(standing.best?.number == 9)
        #expect(standing.line(.plain) == "baseline 47.3 %  best 61.0 % (trial 9, 80 examples)  +13.7")
    }

    /// `status` and `compile` name the same trial, also where another one's plain mean is higher.
    @Test(arguments: [
        (0, "baseline 47.3 %  best 47.3 % (trial 0, 300 examples)  0.0"),
        (8, "baseline 47.3 %  best 100.0 % (trial 8, 5 examples)  +52.7"),
    ])
    func theBestOfAnEndedStudyIsItsWinner(winner: Int, line: String) {
        var snapshot = searchingFixture()
        (snapshot.state, snapshot.winner) = ("finished", winner)
        #expect(
            ProgressView(style: .plain, width: 80).lines(snapshot).contains(line),
            "\(ProgressView(style: .plain, width: 80).lines(snapshot))")
        #expect(statusJSON(snapshot)["best"]?["trial"]?.intValue == winner)
    }

    @Test(arguments: [
        (0.0, "░░░░"), (0.5, "██░░"), (0.54, "██▏░"), (0.999, "███▉"), (1, "████"), (7, "████"), (Double.nan, "░░░░"),
    ])
    func barFillsByEighths(fraction: Double, text: String) {
        #expect(ProgressBar(fraction: fraction, width: 4).text(.plain) == text)
    }

    @Test func statusAddsTrialsAndUsage() {
        let lines = StatusView(style: .plain, width: 80).lines(searchingFixture())
        #expect(
            Array(lines.suffix(5)) == [
                "3 trials: 2 complete, 1 running",
                "",
                "stage     role  calls  attempts  cached  prompt tokens  completion tokens",
                "baseline  task    300       302       0         60,000              9,000",
                "search    task  1,711     1,711     120      1,100,000             70,000",
            ])
    }

    @Test func statusDocument() {
        let document = statusJSON(searchingFixture())
        #expect(document["baseline"] == ["trial": 0, "val": .double(142 / 300.0), "examples": 300])
        #expect(document["best"] == ["trial": 7, "val": 0.63, "examples": 100])
        #expect(document["stages"]?[2] == ["stage": "search", "done": 450, "open": 550, "seconds": 58.0, "over": false])
        #expect(document["usage"]?[0]?["tokens"] == ["prompt": 60000, "completion": 9000])
        #expect(document["calls"] == 2011)
        #expect(statusJSON(StudySnapshot(id: "ab", name: "n", state: "queued"))["best"] == .null)
    }
}
