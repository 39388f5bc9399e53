public import JSON
public import Programs
internal import Retrieval

/// A corpus in memory, searched by meaning: cosine similarity between embeddings, exact. It is embedded at the first query,
/// whose usage includes that.
///
///     let near = EmbeddingSearch(texts, model: try EmbeddingLM("openai/text-embedding-3-small"))
public struct EmbeddingSearch: Retriever {
    private let retriever: EmbeddingRetriever

    /// - Parameter texts: at most 50,000.
    public init(_ texts: [String], model: any EmbeddingModel) {
        self.init(texts.map { CorpusPassage(text: $0) }, model)
    }

    /// A file as ``BM25/init(file:text:id:k1:b:)`` takes it.
    /// - Throws: everything that is wrong with the file.
    public init(file: String, text: String = "text", id: String? = nil, model: any EmbeddingModel) throws(Diagnostics) {
        self.init(try passages(inFile: file, text: text, id: id), model)
    }

    private init(_ passages: [CorpusPassage], _ model: any EmbeddingModel) {
        retriever = EmbeddingRetriever(model: model) { () async throws(ServiceError) in passages }
    }

    /// The passages whose embeddings are nearest to the query's.
    public func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
        try await retriever.retrieve(query, k: k)
    }
}
