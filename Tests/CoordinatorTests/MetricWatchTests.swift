import Optimizers
import Testing

@testable import Coordinator

/// When a metric's errors end a study, and when they are missing data of a candidate.
@Suite struct MetricWatchTests {
    private func decision(_ stage: Stage, _ candidate: String, _ count: Int, retry: Int = 0) -> Decision {
        Decision(
            key: "d", stage: stage,
            work: .evaluate(
                trial: 0, candidate: candidate, split: .val, block: Array(0..<count), fresh: Array(0..<count), retry: retry))
    }

    private func outcome(_ failed: Int, of count: Int) -> Outcome {
        .evaluated((0..<count).map { $0 < failed ? .metricError : .scored(1) })
    }

    @Test func theUncompiledProgramSaysItAlone() {
        var watch = MetricWatch()
        #expect(watch.look(at: outcome(2, of: 3), of: decision(.baseline, "a", 3)) == nil, "two errors are few")
        let judged: [ExampleOutcome] = [.metricError, .metricError, .metricError, .scored(1)]
        let mixed = Outcome.evaluated(judged + Array(repeating: .programError, count: 9))
        var other = watch
        #expect(other.look(at: mixed, of: decision(.baseline, "a", 13)) == .init(failed: 3, all: 4), "of what it saw")
        #expect(watch.look(at: outcome(4, of: 8), of: decision(.baseline, "a", 8)) == nil, "a half is not most")
        #expect(watch.look(at: outcome(5, of: 8), of: decision(.baseline, "a", 8)) == .init(failed: 5, all: 8))
    }

    @Test func oneCandidateIsMissingData() {
        var watch = MetricWatch()
        #expect(watch.look(at: outcome(0, of: 6), of: decision(.baseline, "a", 6)) == nil)
        for _ in 0..<9 {
            #expect(watch.look(at: outcome(6, of: 6), of: decision(.search, "bad", 6)) == nil)
            #expect(watch.look(at: outcome(6, of: 6), of: decision(.search, "worse", 6)) == nil)
        }
        #expect(watch.look(at: outcome(1, of: 6), of: decision(.search, "good", 6)) == nil)
        for candidate in ["c", "d", "e"] {
            #expect(watch.look(at: outcome(6, of: 6), of: decision(.search, candidate, 6)) == nil, "eighteen answers")
            #expect(watch.look(at: outcome(0, of: 2), of: decision(.search, candidate, 2)) == nil, "few say nothing")
        }
        #expect(watch.look(at: outcome(6, of: 6), of: decision(.search, "e", 6)) == .init(failed: 6, all: 6))
    }

    /// A retry asks for nothing but what failed; and what a search has found is not lost by what comes after it.
    @Test func theEndOfAStudyIsNoEvidence() {
        var watch = MetricWatch()
        #expect(watch.look(at: outcome(0, of: 6), of: decision(.baseline, "a", 6)) == nil)
        for candidate in ["a", "b", "c", "d"] {
            for stage in [Stage.confirm, .test] {
                #expect(watch.look(at: outcome(30, of: 30), of: decision(stage, candidate, 30)) == nil)
            }
            #expect(watch.look(at: outcome(4, of: 4), of: decision(.search, candidate, 4, retry: 1)) == nil)
        }
    }

    /// An evaluation has one program and one split.
    @Test func whatIsRunFirstSaysItAlone() {
        var watch = MetricWatch()
        #expect(watch.look(at: outcome(3, of: 5), of: decision(.test, "a", 5)) == .init(failed: 3, all: 5))
    }

    /// Training rows that lack what the metric needs: the same program fails on them wherever it is run.
    @Test func trainingRowsSayItTogether() {
        var watch = MetricWatch()
        #expect(watch.look(at: outcome(0, of: 6), of: decision(.baseline, "a", 6)) == nil)
        let attempts = Outcome.traced(Array(repeating: Attempt(outcome: .metricError, trace: []), count: 3))
        let trace = Decision(key: "trace/0", stage: .search, work: .trace(candidate: "a", examples: [0, 1, 2], round: 0))
        for number in 1...7 { #expect((watch.look(at: attempts, of: trace) != nil) == (number == 7), "3 of each") }
    }
}
