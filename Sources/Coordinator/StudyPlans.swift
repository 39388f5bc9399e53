internal import JSON
internal import Optimizers
internal import Store
internal import Studies

/// Makes the plan of a stored study.
struct StudyPlans {
    let store: Store

    func plan(of record: StudyRecord) async throws -> any Plan {
        let study = try Study(json: record.spec)
        if let evaluation = study.evaluation {
            return EvaluationPlan(
                state: evaluation.state, split: evaluation.split, rowCount: study.data?.count(evaluation.split) ?? 0)
        }
        guard let optimizer = study.optimizer, let data = study.data else {
            throw StoreError(.malformed, "study \(record.id) has no optimizer or no data")
        }
        let count = data.count(.train)
        let rows = try await store.examples(study: record.number, split: Split.train.rawValue, numbers: Array(0..<count))
        let train = try (0..<count).map { number in
            guard let row = rows[number] else { throw StoreError(.malformed, "study \(record.id) has no row \(number) in train") }
            return row
        }
        return StudyPlan(
            StudyFacts(
                seed: study.seed, initial: study.program.initialState, predictors: study.program.predictors,
                sourceText: study.program.sourceText, train: train, inputKeys: data.inputs, valCount: data.count(.val),
                testCount: data.count(.test), settings: optimizer))
    }
}
