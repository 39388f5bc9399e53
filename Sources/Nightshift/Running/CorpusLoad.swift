internal import Programs
internal import Retrieval
internal import Store

/// Stores a corpus in the database and, where a model is given, what it makes of each passage. Whatever is there already is not
/// sent or embedded again, so an interrupted load goes on where it was.
struct CorpusLoad {
    let store: Store
    let corpus: Corpus
    let say: (String) -> Void

    func load(name: String) async throws {
        let passages = corpus.passages.map { PassageRecord(id: $0.id, text: $0.text) }
        try await store.load(corpus: corpus.sha256, passages, name: name) { done in
            if done < passages.count { say("\(done.grouped) of \(passages.count.grouped) passages") }
        }
    }

    /// - Returns: what the calls took.
    func embed(_ model: any EmbeddingModel, name: String) async throws -> Usage {
        let (store, hash, say) = (store, corpus.sha256, say)
        let lacking = try await store.lackingVectors(corpus: hash, model: name)
        var embedding: Int?
        var done = 0
        let texts = lacking.map { corpus.passages[$0].text }
        let usage = try await EmbeddingBatches(model).embed(texts) { first, vectors throws(ServiceError) in
            do throws(StoreError) {
                if embedding == nil {
                    embedding = try await store.beginEmbedding(corpus: hash, model: name, dimensions: vectors.first?.count ?? 0)
                }
                guard let embedding else { return }
                let numbered = vectors.enumerated().map { (number: lacking[first + $0.offset], vector: normalized($0.element)) }
                try await store.addVectors(embedding: embedding, numbered)
            } catch {
                throw ServiceError(.infrastructure, "\(error)")
            }
            let before = done
            done += vectors.count
            if done / 1000 > before / 1000, done < texts.count {
                say("\(done.grouped) of \(texts.count.grouped) passages embedded")
            }
        }
        try await store.finishEmbedding(corpus: hash, model: name)
        return usage
    }
}
