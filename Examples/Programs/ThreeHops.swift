import Nightshift

/// One round: asks for what the passages so far leave open.
struct Hop: Sendable {
    let query = ChainOfThought("context, question -> search_query")
    let search = Retrieve(k: 3, from: "world")

    func callAsFunction(_ question: String, _ context: [String]) async throws -> [String] {
        let searchQuery: String = try await query(context: context, question: question).search_query
        let found: [String] = try await search(query: searchQuery).passages
        return context + found.filter { !context.contains($0) }
    }
}

/// A question whose answer is three passages away. Its predictors: `hops[0].query.predict` … `answer.predict`.
struct ThreeHops: TypedProgram {
    let hops = [Hop(), Hop(), Hop()]
    let answer = ChainOfThought("context, question -> answer")

    func respond(to trivia: Trivia) async throws -> Trivia {
        var trivia = trivia
        var context: [String] = []
        for hop in hops { context = try await hop(trivia.question, context) }
        trivia.answer = try await answer(context: context, question: trivia.question).answer
        return trivia
    }
}
