internal import JSON
internal import Optimizers
internal import ProgramMetrics
internal import Store
internal import Studies

/// What the answers of one candidate to one split say beside its mean: failed assertions, and the figure of a metric that
/// judges the split as a whole.
struct AnswerSummary {
    private(set) var backtracks = 0
    private(set) var failedAsserts = 0
    private(set) var failedSuggests = 0
    /// 0…1.
    private(set) var splitScore: Double?

    init(_ study: StudyRecord, candidate: String, split: Split, in store: Store) async throws {
        let results = try await store.resultDetails(study: study.number, candidate: candidate, split: split.rawValue)
        for counts in results.compactMap({ $0.detail?["assertions"] }) {
            backtracks += counts["backtracks"]?.intValue ?? 0
            failedAsserts += counts["failed_asserts"]?.intValue ?? 0
            failedSuggests += counts["failed_suggests"]?.intValue ?? 0
        }
        let spec = try Study(json: study.spec)
        guard let section = spec.metric, let metric = splitMetric(section: section, outputs: spec.program.outputNames) else {
            return
        }
        let rows = try await store.examples(study: study.number, split: split.rawValue, numbers: results.map(\.example))
        let pairs = results.compactMap { result -> (answer: JSON?, label: JSON)? in
            // What the surroundings kept from being answered is missing, not wrong.
            guard result.score != nil, let label = rows[result.example]?[metric.label] else { return nil }
            return (result.detail?["prediction"]?[metric.field], label)
        }
        if !pairs.isEmpty { splitScore = metric.score(pairs) }
    }

    /// nil where no assertion failed.
    var assertions: JSON? {
        guard backtracks + failedAsserts + failedSuggests > 0 else { return nil }
        return ["backtracks": .int(backtracks), "failed_asserts": .int(failedAsserts), "failed_suggests": .int(failedSuggests)]
    }
}
