package import HTTP
package import Programs

/// What retrievers are made of, in the process that runs a program.
package struct RetrieverParts: Sendable {
    /// Where corpora come from that are searched in memory.
    package var corpora: any CorpusProvider
    /// The team's database; nil in a process that has none.
    package var database: (any CorpusSearch)?
    /// The study's `lm.embedding`, and the model's name as the endpoint knows it.
    package var embedding: (model: any EmbeddingModel, name: String)?
    /// Where headers find what they name.
    package var environment: [String: String]
    package var transport: HTTPTransport

    package init(
        corpora: any CorpusProvider, database: (any CorpusSearch)? = nil,
        embedding: (model: any EmbeddingModel, name: String)? = nil, environment: [String: String],
        transport: HTTPTransport = .shared
    ) {
        self.corpora = corpora
        self.database = database
        self.embedding = embedding
        self.environment = environment
        self.transport = transport
    }
}

/// The retriever of a resolved study. Corpora are read, indexed and embedded at its first query.
///
/// - Throws: `.refused` where a part is missing that it needs, or its corpus is not resolved.
package func makeRetriever(_ spec: RetrieverSpec, from parts: RetrieverParts) throws(ServiceError) -> any Retriever {
    switch spec.content {
    case .http(let settings):
        return HTTPRetriever(settings, environment: parts.environment, client: ServiceClient(transport: parts.transport))
    case .bm25(let corpus, let parameters):
        let (provider, hash) = (parts.corpora, try corpus.hash)
        return BM25Retriever(parameters: parameters) { () async throws(ServiceError) in
            try await provider.passages(ofCorpus: hash)
        }
    case .embeddings(let corpus):
        let (provider, hash) = (parts.corpora, try corpus.hash)
        let model = try parts.requiredEmbedding.model
        return EmbeddingRetriever(model: model) { () async throws(ServiceError) in try await provider.passages(ofCorpus: hash) }
    case .postgres(let corpus, let search, let parameters):
        guard let database = parts.database else {
            throw ServiceError(
                .refused, "a retriever of the kind postgres needs the team's database: name it with --database URL")
        }
        let hash = try corpus.hash
        switch search {
        case .text: return StoredTextRetriever(corpus: hash, search: database)
        case .bm25:
            return BM25Retriever(parameters: parameters) { () async throws(ServiceError) in
                try await database.passages(ofCorpus: hash)
            }
        case .embeddings:
            let (model, name) = try parts.requiredEmbedding
            return StoredEmbeddingRetriever(corpus: hash, model: model, modelName: name, search: database)
        }
    }
}

extension RetrieverParts {
    fileprivate var requiredEmbedding: (model: any EmbeddingModel, name: String) {
        get throws(ServiceError) {
            guard let embedding else {
                throw ServiceError(.refused, "the retriever needs an embedding model: give the study lm.embedding")
            }
            return embedding
        }
    }
}

extension CorpusSource {
    fileprivate var hash: String {
        get throws(ServiceError) {
            switch self {
            case .content(let sha256): return sha256
            case .named(let name): throw ServiceError(.refused, "the corpus '\(name)' was not looked up in the database")
            case .file(let path, _, _): throw ServiceError(.refused, "the corpus file \(path) was not read")
            }
        }
    }
}
