import Nightshift

/// A question about the world of the examples.
struct Trivia: TypedSignature {
    @Input var question: String
    @Output var answer: String
}

/// A question answered from passages: a query, a search, an answer.
struct RetrievalPipeline: TypedProgram {
    let query = ChainOfThought("question -> search_query")
    let search = Retrieve(k: 3, from: "world")
    let answer = ChainOfThought("context, question -> answer")

    func respond(to trivia: Trivia) async throws -> Trivia {
        var trivia = trivia
        let searchQuery: String = try await query(question: trivia.question).search_query
        let passages: [String] = try await search(query: searchQuery).passages
        trivia.answer = try await answer(context: passages, question: trivia.question).answer
        return trivia
    }
}
