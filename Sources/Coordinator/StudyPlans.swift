internal import JSON
internal import Optimizers
internal import Store
internal import Studies

/// Makes the plan of a stored study.
struct StudyPlans {
    let store: Store
    let term: Term

    func plan(of record: StudyRecord, _ study: Study) async throws -> any Plan {
        if let request = try EvaluationRequest(spec: record.spec) {
            let train = request.split == .train ? try await trainRows(of: study, record) : []
            return EvaluationPlan(study.facts(train: train), state: request.state, split: request.split)
        }
        let earlier = try await EarlierCandidates(store: store, term: term, study: study).find()
        return StudyPlan(study.facts(train: try await trainRows(of: study, record), earlier: earlier))
    }

    private func trainRows(of study: Study, _ record: StudyRecord) async throws -> [JSONObject] {
        let numbers = Array(0..<(study.data?.count(.train) ?? 0))
        let rows = try await store.examples(study: record.number, split: Split.train.rawValue, numbers: numbers)
        return try numbers.map { number in
            guard let row = rows[number] else { throw StoreError(.malformed, "study \(record.id) has no row \(number) in train") }
            return row
        }
    }
}
