internal import JSON
internal import Store

/// Two trials held against each other, as a value.
struct TrialDifference: Sendable {
    struct Side: Sendable {
        var trial: TrialRecord
        /// `{path: {"instructions": "…", "demos": [{…}]}}`.
        var state: JSON
        /// By validation example.
        var scores: [Int: Double]
    }

    /// How one predictor differs.
    struct Predictor: Sendable {
        var path: String
        var instructions: (String, String)
        /// Where a predictor asks a model of its own, as after training: its name.
        var models: (String?, String?)
        /// Demos that only one of them has, as they are written.
        var onlyFirst: [JSON]
        var onlySecond: [JSON]
        var common: Int

        var isEqual: Bool {
            instructions.0 == instructions.1 && models.0 == models.1 && onlyFirst.isEmpty && onlySecond.isEmpty
        }
    }

    var first: Side
    var second: Side
    var predictors: [Predictor]
    /// Examples that both have a score of, by who did better.
    var better: [Int]
    var worse: [Int]
    var equal: Int

    init(_ first: Side, _ second: Side) {
        (self.first, self.second) = (first, second)
        let paths =
            (first.state.objectValue ?? [:]).keys + (second.state.objectValue ?? [:]).keys.filter { first.state[$0] == nil }
        predictors = paths.map { Self.predictor($0, first.state[$0], second.state[$0]) }
        let shared = first.scores.keys.filter { second.scores[$0] != nil }.sorted()
        func difference(_ example: Int) -> Double { (second.scores[example] ?? 0) - (first.scores[example] ?? 0) }
        better = shared.filter { difference($0) > 0 }
        worse = shared.filter { difference($0) < 0 }
        equal = shared.count - better.count - worse.count
    }

    private static func predictor(_ path: String, _ first: JSON?, _ second: JSON?) -> Predictor {
        let (left, right) = (first?["demos"]?.arrayValue ?? [], second?["demos"]?.arrayValue ?? [])
        return Predictor(
            path: path,
            instructions: (first?["instructions"]?.stringValue ?? "", second?["instructions"]?.stringValue ?? ""),
            models: (first?["model"]?.stringValue, second?["model"]?.stringValue),
            onlyFirst: left.filter { !right.contains($0) }, onlySecond: right.filter { !left.contains($0) },
            common: left.count { right.contains($0) })
    }

    /// The mean difference over what both have, second minus first.
    var gain: Double? {
        let shared = first.scores.keys.filter { second.scores[$0] != nil }.sorted()
        guard !shared.isEmpty else { return nil }
        return shared.reduce(0) { $0 + (second.scores[$1] ?? 0) - (first.scores[$1] ?? 0) } / Double(shared.count)
    }

    var json: JSON {
        [
            "trials": [trialJSON(first.trial), trialJSON(second.trial)],
            "predictors": .array(
                predictors.map { predictor in
                    [
                        "path": .string(predictor.path), "equal": .bool(predictor.isEqual),
                        "instructions": [.string(predictor.instructions.0), .string(predictor.instructions.1)],
                        "models": [
                            predictor.models.0.map(JSON.string) ?? .null, predictor.models.1.map(JSON.string) ?? .null,
                        ],
                        "only_first": .array(predictor.onlyFirst), "only_second": .array(predictor.onlySecond),
                        "common_demos": .int(predictor.common),
                    ]
                }),
            "examples": [
                "better": .array(better.map(JSON.int)), "worse": .array(worse.map(JSON.int)), "equal": .int(equal),
                "gain": gain.map(JSON.double) ?? .null,
            ],
        ]
    }
}
