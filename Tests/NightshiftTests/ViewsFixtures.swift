import JSON

@testable import Nightshift
@testable import Store

/// A trial with the values that most tests do not care about.
func trialFixture(
    _ number: Int, score: Double?, examples: Int, state: String = "complete", params: JSON = [:], errors: Int = 0,
    finished: Bool = true
) -> TrialRecord {
    TrialRecord(
        number: number, candidate: "cand\(number)", params: params, provenance: number == 0 ? "uncompiled program" : "tpe",
        state: state,
        score: score, examples: examples, errors: errors, calls: examples + 1, createdAt: "2026-03-01 22:04:05.123456+00",
        finishedAt: finished ? "2026-03-01 22:14:05.123456+00" : nil,
        spread: ScoreSpread(areBinary: true, areFractions: true, deviation: nil))
}

func stageFixture(_ stage: String, done: Int, open: Int, seconds: Double) -> StageProgress {
    StageProgress(stage: stage, done: done, open: open, seconds: seconds, startedAt: 1000, endedAt: 1000 + seconds)
}

/// A study in the middle of its search.
func searchingFixture() -> StudySnapshot {
    StudySnapshot(
        id: "4f2a9c31", name: "support-routing", state: "running", message: nil,
        stages: [
            stageFixture("baseline", done: 300, open: 0, seconds: 2.04),
            stageFixture("bootstrap", done: 60, open: 0, seconds: 11.6),
            stageFixture("search", done: 450, open: 550, seconds: 58),
        ],
        trials: [
            trialFixture(0, score: 142 / 300.0, examples: 300),
            trialFixture(7, score: 0.63, examples: 100, params: ["route.predict.instructions": 2, "route.predict.demos": 3]),
            trialFixture(8, score: 1, examples: 5, state: "running", finished: false),
        ],
        usage: [
            UsageRecord(
                stage: "baseline", role: "task", calls: 300, attempts: 302, cached: 0, promptTokens: 60_000,
                completionTokens: 9000),
            UsageRecord(
                stage: "search", role: "task", calls: 1711, attempts: 1711, cached: 120, promptTokens: 1_100_000,
                completionTokens: 70_000),
        ],
        workers: 2, leasedUnits: 8, elapsed: 72, callsPerSecond: 25.31, eta: 63)
}

/// The document of interface.md's “The result of compile --json”.
func reportFixture() -> JSON {
    [
        "study": ["id": "4f2a9c31", "name": "banking-intents", "state": "finished", "finish_reason": "trials"],
        "baseline": ["val": 0.4733333333333333, "test": 0.4716666666666667],
        "best": [
            "trial": 12, "val": 0.68, "interval": [0.62, 0.73], "test": 0.66, "test_interval": [0.62, 0.70],
            "gain_interval": [0.15, 0.23], "val_gain_interval": [0.16, 0.25],
        ],
        "trials": 23, "units": 340,
        "lm": [
            "calls": 2011, "attempts": 2013, "cached": 120, "tokens": ["prompt": 1_160_000, "completion": 79_000], "usd": .null,
            "by_role": ["task": 1900, "prompt": 111],
            "by_stage": ["baseline": 300, "bootstrap": 200, "propose": 11, "search": 900, "confirm": 300, "test": 300],
        ],
        "wall_s": 12.3, "compile_s": 8.1,
        "stages": [
            "setup_s": 1.0, "baseline_s": 1.0, "bootstrap_s": 0.9, "propose_s": 1.2, "search_s": 4.0, "confirm_s": 1.0,
            "test_s": 2.2,
        ],
        "program": "/home/me/banking-intents.json",
    ]
}

extension JSON {
    /// The document with `value` at `path`.
    func with(_ value: JSON, at path: String...) -> JSON { with(value, at: path[...]) }

    private func with(_ value: JSON, at path: ArraySlice<String>) -> JSON {
        guard let key = path.first else { return value }
        var object = objectValue ?? [:]
        object[key] = (object[key] ?? .null).with(value, at: path.dropFirst())
        return .object(object)
    }
}
