internal import LanguageModels
internal import Programs
internal import Retrieval
internal import Store
internal import Synchronization

/// The corpora of the team's database, as retrievers see them.
///
/// It has connections of its own: a search takes its time, and a worker's leases must not wait behind it.
final class CorpusStore: CorpusSearch {
    private let stores: [Store]
    private let next = Mutex(0)

    private static let (passagesPerCall, vectorsPerCall) = (500, 500)

    /// - Parameters:
    ///   - store: names the database; its connection is not used.
    ///   - connections: how many searches run at a time; each is opened when it is needed.
    ///   - patience: workers wait where the database is away, commands don't.
    init(_ store: Store, connections: Int = 4, patience: Database.Patience = .endless) {
        let address = store.database.address
        stores = (0..<max(1, connections)).map { _ in Store(Database(address: address, patience: patience)) }
    }

    private var store: Store {
        next.withLock { next in
            next = (next + 1) % stores.count
            return stores[next]
        }
    }

    // MARK: Passages

    func passages(ofCorpus sha256: String) async throws(ServiceError) -> [CorpusPassage] {
        var passages: [CorpusPassage] = []
        while true {
            let first = passages.count
            let page = try await asked { store throws(StoreError) in
                try await store.passages(of: sha256, from: first, count: Self.passagesPerCall)
            }
            guard !page.isEmpty else { break }
            passages += page.map { CorpusPassage(id: $0.id, text: $0.text) }
        }
        guard !passages.isEmpty else { throw Self.absence(sha256) }
        return passages
    }

    func passages(ofCorpus sha256: String, matching query: String, limit: Int) async throws(ServiceError) -> [Passage] {
        let found = try await asked { store throws(StoreError) in
            try await store.passages(of: sha256, matching: query, limit: limit)
        }
        if found.isEmpty {
            let corpus = try await asked { store throws(StoreError) in try await store.corpus(sha256: sha256) }
            guard corpus != nil else { throw Self.absence(sha256) }
        }
        return found.map(Passage.init)
    }

    private static func absence(_ sha256: String) -> ServiceError {
        ServiceError(
            .refused,
            "the database has no corpus \(sha256.prefix(12)) any more; load it again: nightshift corpus load FILE --name NAME")
    }

    // MARK: Vectors

    private struct Vectors: StoredVectors {
        let owner: CorpusStore
        let record: VectorsRecord

        var dimensions: Int { record.dimensions }
        var isSearchable: Bool { record.isSearchable }

        func passages(nearest vector: [Float], limit: Int) async throws(ServiceError) -> [Passage] {
            try await owner.asked { store throws(StoreError) in
                try await store.passages(of: record, nearest: vector, limit: limit)
            }.map(Passage.init)
        }

        func components() async throws(ServiceError) -> [Float] {
            var components: [Float] = []
            while true {
                let first = components.count / record.dimensions
                let page = try await owner.asked { store throws(StoreError) in
                    try await store.components(of: record, from: first, count: CorpusStore.vectorsPerCall)
                }
                if page.isEmpty { return components }
                components += page
            }
        }
    }

    func vectors(ofCorpus sha256: String, model: String) async throws(ServiceError) -> any StoredVectors {
        let record = try await asked { store throws(StoreError) in try await store.vectors(ofCorpus: sha256, model: model) }
        guard let record else {
            throw ServiceError(
                .refused,
                "the corpus \(sha256.prefix(12)) has no embeddings by \(model): nightshift corpus load … --embed \(model)"
            )
        }
        return Vectors(owner: self, record: record)
    }

    // MARK: Errors

    /// Where the database is away it is waited for; what remains is no fault of the program's, unless it is the value.
    private func asked<Answer>(_ question: (Store) async throws(StoreError) -> Answer) async throws(ServiceError) -> Answer {
        do throws(StoreError) { return try await question(store) } catch {
            throw ServiceError(error.code == .invalidData ? .program : .infrastructure, "the corpus in the database: \(error)")
        }
    }
}

extension SharedServices {
    /// For a process that works for a database: its corpora, and its cache, are the database's.
    /// - Parameter patience: how long calls to an endpoint that has never answered are held before they fail; nil: for ever.
    convenience init(
        store: Store, usesCache: Bool = true, tape: CallTape? = nil, patience: Duration? = nil,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        let corpora = CorpusStore(store)
        let calls = Store.forCalls(at: store.database.address)
        let cache = usesCache ? AnswerCache(archive: CacheStore(calls), log: log) : nil
        let ledger = CallLedger()
        let stack = CallStack(cache: cache, ledger: ledger, gates: CallGates(patience: patience))
        self.init(
            corpora: corpora, database: corpora, stack: stack, sharing: LimitSharing(calls, stack.gates, log: log),
            booking: LedgerSharing(calls, ledger, log: log), connection: calls.database, tape: tape)
    }
}

extension Passage {
    fileprivate init(_ record: PassageRecord) { self.init(text: record.text, id: record.id, score: record.score) }
}
