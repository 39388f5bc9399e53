import Nightshift

/// The retrieval pipeline with assertions: a query that breaks its rule is written again, told what was wrong with it; an
/// answer should stand in the passages.
struct CheckedRetrieval: TypedProgram {
    let query = ChainOfThought("question -> search_query")
    let search = Retrieve(k: 3, from: "world")
    let answer = ChainOfThought("context, question -> answer")

    func respond(to trivia: Trivia) async throws -> Trivia {
        var trivia = trivia
        let searchQuery: String = try await query(question: trivia.question).search_query
        try assert(that: searchQuery.count <= 60, "The search query must be at most 60 characters long.", retry: query)
        try assert(
            that: normalizedText(searchQuery) != normalizedText(trivia.question),
            "The search query must differ from the question.",
            retry: query)
        let passages: [String] = try await search(query: searchQuery).passages
        trivia.answer = try await answer(context: passages, question: trivia.question).answer
        let words = " \(normalizedText(trivia.answer)) "
        try suggest(
            that: passages.contains { " \(normalizedText($0)) ".contains(words) },
            "The answer must appear in the context, word by word.", retry: answer)
        return trivia
    }
}
