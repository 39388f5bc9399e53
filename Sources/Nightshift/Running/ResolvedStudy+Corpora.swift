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
                    "program.retrievers: the database has no corpus '\(name)'; load it: nightshift corpus load FILE --name \(name) --database URL")
            }
            hashes[name] = corpus.sha256
        }
        for corpus in corpora {
            let passages = corpus.passages.map { PassageRecord(id: $0.id, text: $0.text) }
            try await store.load(corpus: corpus.sha256, passages, name: nil)
        }
        var settled = self
        settled.study.services.settle(corpora: hashes)
        return settled
    }
}
