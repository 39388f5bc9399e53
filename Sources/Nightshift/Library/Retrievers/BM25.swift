public import JSON
public import Programs
internal import Retrieval

/// A corpus in memory, searched by its words (Okapi BM25). It is indexed at the first query.
///
///     let wiki = try BM25(file: "corpus.jsonl")
///     let search = Retrieve(k: 3, from: wiki)
public struct BM25: Retriever {
    private let retriever: BM25Retriever

    /// - Parameters:
    ///   - k1: how slowly a word's weight saturates as it is repeated; from 0.
    ///   - b: how much a passage's length counts: from 0, not at all, to 1, in full.
    public init(_ texts: [String], k1: Double = 1.2, b: Double = 0.75) {
        retriever = BM25Retriever(texts.map { CorpusPassage(text: $0) }, parameters: BM25Parameters(k1: k1, b: b))
    }

    /// A file of JSON Lines, a JSON array, CSV, or a `.txt` with a passage on each line.
    /// - Parameters:
    ///   - text: the field with a row's text.
    ///   - id: the field with its id; nil: `id`, where a row has one.
    /// - Throws: everything that is wrong with the file.
    public init(file: String, text: String = "text", id: String? = nil, k1: Double = 1.2, b: Double = 0.75) throws(Diagnostics) {
        retriever = BM25Retriever(try passages(inFile: file, text: text, id: id), parameters: BM25Parameters(k1: k1, b: b))
    }

    /// The passages that share words with the query.
    public func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
        try await retriever.retrieve(query, k: k)
    }
}
