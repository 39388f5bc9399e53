internal import LanguageModels
internal import Retrieval
internal import Store
internal import Studies

extension ResolvedStudy {
    /// The study with the corpora of the database by what they hold instead of by name, and those of its files stored, so that
    /// every worker finds them; what is there already is not sent again.
    ///
    /// - Throws: ``CommandFailure`` `.badInput` where the database has no corpus of a name.
    func settled(in store: Store) async throws -> ResolvedStudy {
        var hashes: [String: String] = [:]
        for name in study.services.corpusNames {
            guard let corpus = try await store.corpus(named: name) else {
                throw CommandFailure(
                    .badInput,
                    "program.retrievers: the database has no corpus '\(name)'; load it, with the same --database or --data-dir: "
                        + "nightshift corpus load FILE --name \(name)")
            }
            hashes[name] = corpus.sha256
            try check(corpus, named: name)
        }
        for corpus in corpora {
            let passages = corpus.passages.map { PassageRecord(id: $0.id, text: $0.text) }
            try await store.load(corpus: corpus.sha256, passages, name: nil)
        }
        var settled = self
        settled.study.services.settle(corpora: hashes)
        return settled
    }

    /// What a retriever searches by meaning must have been embedded, and by the study's model.
    private func check(_ corpus: CorpusRecord, named name: String) throws {
        let isEmbeddingSought = study.services.retrievers.values.contains {
            $0.corpus == .named(name) && $0.needsStoredEmbeddings
        }
        guard isEmbeddingSought, let spec = study.models.embedding else { return }
        let model = try LanguageModelSettings(spec).model
        guard !corpus.embeddings.contains(where: { $0.model == model }) else { return }
        let known = corpus.embeddings.map(\.model).joined(separator: ", ")
        throw CommandFailure(
            .badInput,
            "program.retrievers: the corpus '\(name)' has no embeddings by \(model) (it has: \(known.isEmpty ? "none" : known)); "
                + "load them, with the same --database or --data-dir: "
                + "nightshift corpus load FILE --name \(name) --embed \(spec.model)")
    }
}
