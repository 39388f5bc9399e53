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
        #expect(watch.look(at: outcome(4, of: 8), of: decision(.baseline, "a", 8)) == nil, "a half is not most")
        #expect(watch.look(at: outcome(5, of: 8), of: decision(.baseline, "a", 8)) == .init(failed: 5, all: 8))
    }

    @Test func oneCandidateIsMissingData() {
        var watch = MetricWatch()
        for _ in 0..<9 {
            #expect(watch.look(at: outcome(6, of: 6), of: decision(.search, "bad", 6)) == nil)
            #expect(watch.look(at: outcome(6, of: 6), of: decision(.search, "worse", 6)) == nil)
        }
        #expect(watch.look(at: outcome(1, of: 6), of: decision(.search, "good", 6)) == nil)
        for candidate in ["c", "d"] {
            #expect(watch.look(at: outcome(6, of: 6), of: decision(.search, candidate, 6)) == nil)
        }
        #expect(watch.look(at: outcome(6, of: 6), of: decision(.search, "e", 6)) == .init(failed: 6, all: 6))
    }

    /// A retry asks for nothing but what failed; and what a search has found is not lost by what comes after it.
    @Test func theEndOfAStudyIsNoEvidence() {
        var watch = MetricWatch()
        for candidate in ["a", "b", "c", "d"] {
            for stage in [Stage.confirm, .test] {
                #expect(watch.look(at: outcome(30, of: 30), of: decision(stage, candidate, 30)) == nil)
            }
            #expect(watch.look(at: outcome(4, of: 4), of: decision(.search, candidate, 4, retry: 1)) == nil)
        }
    }

    @Test func tracesAndTeachersCountAsCandidates() {
        var watch = MetricWatch()
        let attempts = Outcome.traced(Array(repeating: Attempt(outcome: .metricError, trace: []), count: 3))
        for (number, candidate) in ["a", "b", "c"].enumerated() {
            let decision = Decision(
                key: "trace/\(candidate)", stage: .search, work: .trace(candidate: candidate, examples: [0, 1, 2], round: 0))
            #expect((watch.look(at: attempts, of: decision) != nil) == (number == 2))
        }
    }
}
