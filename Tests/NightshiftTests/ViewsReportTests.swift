import JSON
import Testing

@testable import Nightshift

@Suite("Report")
struct ViewsReportTests {
    private func report(_ document: JSON, width: Int? = nil) -> [String] {
        ReportView(style: .plain, width: width).lines(document)
    }

    @Test func wholeReport() {
        #expect(
            report(reportFixture()) == [
                "banking-intents  4f2a9c31  finished",
                "",
                "  test      47.2 % → 66.0 %  +18.8 points [+15.0, +23.0]  95 %: 62.0 to 70.0 %",
                "  val       47.3 % → 68.0 %  +20.7 points [+16.0, +25.0]  95 %: 62.0 to 73.0 %",
                "  winner    trial 12 of 23",
                "  stopped   all planned trials were run",
                "  calls     2,011 answered of 2,013 sent, 120 more from the cache",
                "  by role   task 1,900, prompt 111",
                "  by stage  baseline 300, bootstrap 200, propose 11, search 900, confirm 300, test 300",
                "  tokens    1.2M prompt, 79.0k completion",
                "  time      12s in all, 8.1s without set-up and test",
                "  stages    setup 1.0s, baseline 1.0s, bootstrap 0.9s, propose 1.2s, search 4.0s, confirm 1.0s, test 2.2s",
                "  program   /home/me/banking-intents.json",
                "  next      nightshift run STUDY.yaml --state /home/me/banking-intents.json --input '{…}'",
            ])
    }

    @Test func slotsInASentence() {
        func line(_ slots: JSON) -> String? {
            report(reportFixture().with(slots, at: "slots")).first { $0.hasPrefix("  slots") }
        }
        #expect(
            line(["width": 80, "available": 32, "unused": 0, "idle": 0.041])
                == "  slots     32 of 32 used by the search, idle 4.1 % of its time")
        #expect(
            line(["width": 48, "available": 32, "unused": 8, "idle": 0.041])
                == "  slots     24 of 32 used by the search, idle 4.1 % of its time; with 48 examples ahead of its results it keeps no more busy"
        )
        #expect(
            line(["width": .null, "available": 64, "unused": 55, "idle": 0.2])
                == "  slots     9 of 64 used by the search, idle 20.0 % of its time; on average its steps have no more under way")
        #expect(line(.null) == nil)
    }

    @Test func narrowReportWrapsBetweenWords() {
        let lines = report(reportFixture(), width: 60)
        #expect(lines.filter { !$0.contains("/home/me") && $0.columns > 60 } == [])
        #expect(lines.contains("  by stage  baseline 300, bootstrap 200, propose 11, search"))
    }

    @Test func withoutTestValidationLeadsAndTestIsRecommended() {
        let document = reportFixture().with(.null, at: "baseline", "test").with(.null, at: "best", "test").with(
            .null, at: "best", "test_interval"
        )
        .with(.null, at: "best", "gain_interval")
        let lines = report(document)
        #expect(lines[2] == "  val       47.3 % → 68.0 %  +20.7 points [+16.0, +25.0]  95 %: 62.0 to 73.0 %")
        #expect(!lines.joined().contains("47.2"))
        #expect(lines.last == "  next      add data.test to measure it on rows the search never saw")
    }

    @Test func baselineThatNothingBeat() {
        let document = reportFixture().with(0, at: "best", "trial").with(0.4733333333333333, at: "best", "val").with(
            0.4716666666666667, at: "best", "test")
        let lines = report(document)
        #expect(lines[2] == "  test      47.2 %, uncompiled  95 %: 62.0 to 70.0 %")
        #expect(lines[4] == "  winner    no candidate beat the uncompiled program in 23 trials")
        #expect(lines.last?.contains("--set optimizer.auto=medium") == true)
    }

    @Test func nothingButAStudy() {
        #expect(
            report([
                "study": [
                    "id": "ab", "name": "n", "state": "failed", "finish_reason": .null, "message": "metric error in every row",
                ]
            ]) == [
                "n  ab  failed", "", "  score    none: nothing was scored", "  winner   none yet",
                "  stopped  metric error in every row",
                "  next     nightshift status ab  shows what failed",
            ])
    }

    @Test(arguments: [
        ("budget_calls", "LM calls"), ("budget_wall", "time allowed"), ("target_score", "target"), ("cancelled", "cancelled"),
        ("new_reason", "new_reason"),
    ])
    func everyReasonIsSaid(reason: String, words: String) {
        let lines = report(reportFixture().with(.string(reason), at: "study", "finish_reason"))
        #expect(lines.first { $0.hasPrefix("  stopped") }?.contains(words) == true)
    }

    @Test func dollarsAndNotesAreShownWhereKnown() {
        let lines = report(reportFixture().with(1.234, at: "lm", "usd").with(["val is small"], at: "notes"))
        #expect(lines.contains("  cost      $1.23"))
        #expect(report(reportFixture().with(0.0042, at: "lm", "usd")).contains("  cost      $0.0042"))
        #expect(lines.contains("  note      val is small"))
    }
}
