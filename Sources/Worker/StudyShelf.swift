internal import Evaluation
internal import JSON
internal import Programs
internal import Store
internal import Studies

/// What a worker has read of the studies it works for. It is immutable in the store but for the addresses and time-outs of
/// the models, which a resumed study may change: what fails is forgotten and read again.
actor StudyShelf {
    private struct Entry {
        /// Unlike the number, it is unique among all databases.
        var id: String
        var runtime: StudyRuntime
        var states: [String: ProgramState] = [:]
        var rows: [String: [Int: JSONObject]] = [:]
    }

    private static let studyLimit = 16
    private static let stateLimit = 512
    private static let rowLimit = 100_000

    private let store: Store
    private let makeRuntime: @Sendable (Study, String) throws -> StudyRuntime
    private var entries: [Int: Entry] = [:]

    init(store: Store, makeRuntime: @escaping @Sendable (Study, String) throws -> StudyRuntime) {
        self.store = store
        self.makeRuntime = makeRuntime
    }

    /// Why this worker cannot work for a study; a sentence for the operator.
    struct Unusable: Error { var message: String }

    func runtime(of study: Int) async throws -> StudyRuntime {
        if let entry = entries[study] { return entry.runtime }
        let (id, spec) = try await store.spec(of: study)
        let runtime: StudyRuntime
        do { runtime = try makeRuntime(try Study(json: spec), id) } catch { throw Unusable(message: "\(error)") }
        if entries.count >= Self.studyLimit { entries = [:] }
        entries[study] = Entry(id: id, runtime: runtime)
        return runtime
    }

    /// The study's public id.
    func id(of study: Int) async throws -> String {
        if let entry = entries[study] { return entry.id }
        return try await store.spec(of: study).id
    }

    func forget(_ study: Int) { entries[study] = nil }
    func forgetAll() { entries = [:] }

    func state(study: Int, candidate: String) async throws -> ProgramState {
        if let state = entries[study]?.states[candidate] { return state }
        let state = try ProgramState(json: try await store.candidateState(study: study, candidate: candidate))
        if let count = entries[study]?.states.count, count >= Self.stateLimit { entries[study]?.states = [:] }
        entries[study]?.states[candidate] = state
        return state
    }

    /// Rows of a split by number.
    func rows(study: Int, split: String, numbers: [Int]) async throws -> [Int: JSONObject] {
        let known = entries[study]?.rows[split] ?? [:]
        let missing = numbers.filter { known[$0] == nil }
        guard !missing.isEmpty else { return known }
        // Neighbours are soon needed too: one question for many of them.
        let wanted = Set(missing).union((missing.min() ?? 0)...((missing.min() ?? 0) + 500))
        let fetched = try await store.examples(study: study, split: split, numbers: wanted.sorted())
        var rows = known.count > Self.rowLimit ? [:] : entries[study]?.rows[split] ?? [:]
        rows.merge(fetched) { _, new in new }
        entries[study]?.rows[split] = rows
        return rows
    }
}
