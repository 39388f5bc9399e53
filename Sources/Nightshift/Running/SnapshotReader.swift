internal import Foundation
internal import JSON
internal import Optimizers
internal import Store
internal import Studies

/// Reads where a study stands, and estimates its pace from one look to the next.
struct SnapshotReader {
    private let store: Store
    private let study: Int
    /// Runs of the program that the whole study is expected to need.
    private let planned: Int?
    private var looks: [(at: Double, calls: Int, done: Int)] = []

    init(store: Store, record: StudyRecord) {
        self.store = store
        study = record.number
        let spec = try? Study(json: record.spec)
        planned = spec.flatMap { spec in
            spec.optimizer?.plannedExamples(spec.size)
        }
    }

    mutating func read() async throws(StoreError) -> StudySnapshot {
        guard let line = try await store.studyLine(number: study) else {
            throw StoreError(.malformed, "study \(study) is gone")
        }
        var snapshot = StudySnapshot(id: line.id, name: line.name, state: line.state, message: line.message)
        snapshot.stages = try await store.progress(of: study)
        snapshot.trials = try await store.trials(of: study)
        if snapshot.isEnded, let record = try await store.study(number: study) {
            snapshot.winner = record.winner
            snapshot.finishReason = record.finishReason
            snapshot.notes = record.result?["notes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        }
        snapshot.usage = try await store.usage(of: study)
        snapshot.warnings = try await store.budgetWarnings(of: study)
        snapshot.unconfirmedCalls = try await store.spending(of: study).reduce(0) { $0 + $1.unconfirmed.calls }
        snapshot.workers = try await store.workerCount()
        snapshot.leasedUnits = line.leasedUnits
        snapshot.elapsed = line.elapsedSeconds
        pace(&snapshot)
        return snapshot
    }

    /// Calls per second and the time left, from the looks of the last ten seconds, at least two.
    private mutating func pace(_ snapshot: inout StudySnapshot) {
        let runs = snapshot.stages.filter { !["bootstrap", "propose"].contains($0.stage) }.reduce(0) { $0 + $1.done }
        looks.append((snapshot.elapsed, snapshot.calls, runs))
        while looks.count > 2, looks[0].at < snapshot.elapsed - 10 { looks.removeFirst() }
        guard !snapshot.isEnded, let first = looks.first, snapshot.elapsed > first.at else { return }
        let seconds = snapshot.elapsed - first.at
        snapshot.callsPerSecond = Double(snapshot.calls - first.calls) / seconds
        if let planned, runs > first.done { snapshot.eta = max(0, Double(planned - runs)) * seconds / Double(runs - first.done) }
    }
}
