package import JSON
package import Programs

/// A retriever that an agent asks by itself.
package struct RetrieverTool: Tool {
    package let name: String
    package let description: String
    package let parameters = [RetrieverTool.query]
    private let retriever: any Retriever
    private let k: Int

    static let query = Field(name: "query", description: "what to look for")

    package init(name: String, description: String, retriever: any Retriever, k: Int) {
        self.name = name
        self.description = description
        self.retriever = retriever
        self.k = k
    }

    /// The passages as a prompt shows a list: `[1] «…»` on a line each.
    package func call(_ arguments: JSONObject) async throws -> String {
        guard let query = arguments["query"]?.stringValue, query.contains(where: { !$0.isWhitespace }) else {
            throw ToolFailure("the argument 'query' is missing or empty")
        }
        let passages = try await retriever.retrieve(query, k: k).passages
        guard !passages.isEmpty else { return "No passages were found." }
        return passages.enumerated().map { "[\($0 + 1)] «\($1.text)»" }.joined(separator: "\n")
    }
}
