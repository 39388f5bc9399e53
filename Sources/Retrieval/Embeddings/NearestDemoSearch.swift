package import Programs
internal import Synchronization

/// Searches pools of demos by the likeness of embeddings. Each pool is embedded once in the life of this value.
package final class NearestDemoSearch: DemoSearch {
    /// A program has one pool; a search over programs sees a few.
    private static let mostKept = 32

    private let model: any EmbeddingModel
    /// By the pool's digest.
    private let retrievers = Mutex<[String: EmbeddingRetriever]>([:])

    package init(_ model: any EmbeddingModel) { self.model = model }

    package func rows(
        nearest text: String, in pool: NearestDemos, limit: Int
    ) async throws(ServiceError) -> (rows: [Int], usage: UsageByRole) {
        guard !pool.rows.isEmpty else { return ([], .zero) }
        let found = try await retriever(of: pool).retrieve(text, k: limit)
        return (found.passages.compactMap { $0.id.flatMap { Int($0) } }, found.usage)
    }

    private func retriever(of pool: NearestDemos) -> EmbeddingRetriever {
        retrievers.withLock { retrievers in
            if let known = retrievers[pool.digest] { return known }
            if retrievers.count >= Self.mostKept { retrievers = [:] }
            let new = EmbeddingRetriever(model: model) { () async throws(ServiceError) in
                pool.texts.enumerated().map { CorpusPassage(id: String($0.offset), text: $0.element) }
            }
            retrievers[pool.digest] = new
            return new
        }
    }
}
