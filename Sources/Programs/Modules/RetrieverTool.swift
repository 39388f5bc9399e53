public import JSON

/// A retriever as a tool of an agent.
public struct RetrieverTool: Tool {
    /// What the model calls it.
    public let name: String
    /// For the model: what it does.
    public let description: String
    /// The query.
    public let parameters = [RetrieverTool.query]
    private let retriever: any Retriever
    private let k: Int

    package static let query = Field(name: "query", description: "what to look for")

    /// - Parameter k: how many passages it shows.
    public init(
        name: String = "search", description: String = "Finds passages for a query.", retriever: any Retriever, k: Int = 3
    ) {
        self.name = name
        self.description = description
        self.retriever = retriever
        self.k = k
    }

    /// The passages as a prompt shows a list: `[1] «…»` on a line each.
    /// - Throws: a ``ServiceError``.
    public func call(_ arguments: JSONObject) async throws -> String {
        guard let query = arguments["query"]?.stringValue?.pythonStripped, !query.isEmpty else {
            throw ServiceError(.program, "the query is empty")
        }
        let retrieval = try await retriever.retrieve(query, k: k)
        RunScope.active.recorder.add(retrieval.usage)
        guard !retrieval.passages.isEmpty else { return "Nothing was found." }
        return Field(name: "passages").text(of: .array(retrieval.passages.map { .string($0.text) }))
    }
}
