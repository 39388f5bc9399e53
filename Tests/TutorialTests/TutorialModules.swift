import Nightshift
import Testing

// begin program
struct Support: TypedProgram {
    let classify = Classify.predict()
    let reply = ChainOfThought("message, intent -> reply", instructions: "Answer the customer in two sentences.")

    func respond(to request: Request) async throws -> Request {
        var request = request
        request.intent = try await classify(message: request.message).intent
        request.reply = try await reply(message: request.message, intent: request.intent).reply
        return request
    }
}

struct Request: TypedSignature {
    @Input var message: String
    @Output var intent: Intent
    @Output var reply: String
}
// end program

// begin retrieval
struct Trivia: Program {
    static let signature = try? Signature("question -> answer")
    let query = ChainOfThought("question -> search_query")
    let search = Retrieve(k: 3, choices: [1, 3, 5], from: "wiki")
    let answer = ChainOfThought("context, question -> answer")

    func forward(_ inputs: JSONObject) async throws -> Prediction {
        let query = try await query(inputs)
        let found = try await search(query: query.search_query as String)
        return try await answer(inputs.merging(["context": found["passages"] ?? []]))
    }
}
// end retrieval

// begin assertions
struct CheckedTrivia: TypedProgram {
    let query = ChainOfThought("question -> search_query")
    let search = Retrieve(k: 3, from: "wiki")
    let answer = ChainOfThought("context, question -> answer")

    func respond(to question: Question) async throws -> Question {
        var question = question
        let words: String = try await query(question: question.question).search_query
        try assert(that: words.count <= 60, "The query must be at most 60 characters long.", retry: query)
        let passages: [String] = try await search(query: words).passages
        question.answer = try await answer(context: passages, question: question.question).answer
        let found = question.answer
        try suggest(that: passages.contains { $0.contains(found) }, "The answer must stand in the context.", retry: answer)
        return question
    }
}

struct Question: TypedSignature {
    @Input var question: String
    @Output var answer: String
}
// end assertions

private func callProgram() async throws -> Request {
    // begin call-program
    let support = Support()
    let request = try await support(message: "My card is gone")
    print(request.intent, request.reply)
    // end call-program
    return request
}

private func wiki() throws -> [any Retriever] {
    // begin retrievers
    let wiki = BM25(["Tarnwick lies in the valley of the Ouvel.", "Holby makes clocks."])
    let near = EmbeddingSearch(
        ["Tarnwick lies in the valley of the Ouvel."], model: try EmbeddingLM("my-embedder", baseURL: "http://127.0.0.1:8080/v1"))
    let api = try HTTPSearch("https://search.example.org/query", passages: "results", text: "body")
    // end retrievers
    return [wiki, near, api]
}

private func useServices(_ wiki: any Retriever) async throws -> String {
    // begin services
    let services = ProgramServices(retrievers: ["wiki": wiki], sandbox: SandboxedPython())
    let answer: String = try await withServices(services) {
        try await Trivia()(question: "Which river runs through Tarnwick?").answer
    }
    // end services
    return answer
}

private func agent(_ wiki: BM25) async throws -> (Prediction, any Tool) {
    // begin tools
    struct Route: Decodable { var from: String, to: String, byTrain: Bool? }

    let distance = FunctionTool(name: "distance", description: "Kilometres between two towns.") { (route: Route) in
        route.byTrain == true ? "31 by train" : "24"
    }
    let weather = try WebTool(
        name: "weather", description: "Today's weather in a town.", url: "https://weather.example.org/{town}",
        parameters: [Field(name: "town")])
    let search = RetrieverTool(retriever: wiki)

    let agent = ReAct("question -> answer", tools: [distance, weather, search], maxIterations: 5)
    let answer = try await agent(question: "How far is it from Tarnwick to Holby?")
    // end tools
    return (answer, weather)
}

private func bestOf() async throws -> Request {
    // begin best-of
    let brief = Request.chainOfThought().best(of: 3) { $0.reply.count <= 80 ? 1 : 0 }
    let request = try await brief(message: "My card is gone")
    // end best-of
    return request
}

@Suite struct TutorialModules {
    private static let values = [
        "reasoning": "r", "intent": "lost card", "urgency": "4", "note": "None", "reply": "We have blocked it.",
        "search_query": "Tarnwick river", "answer": "the Ouvel",
    ]

    @Test func programs() async throws {
        #expect(SwiftProgram(Support.self, name: "support").predictors.map(\.path) == ["classify", "reply.predict"])
        let request = try await withLanguageModel(FieldModel(Self.values)) { try await callProgram() }
        #expect(request.intent == .lostCard)
        #expect(request.reply == "We have blocked it.")
        // A row without the input is the row's failure and no crash.
        let error = await #expect(throws: RunFailure.self) { try await Support()([:]) as Prediction }
        #expect(error?.kind == "missing_input")
    }

    @Test func retrieval() async throws {
        let host = SwiftProgram(Trivia.self, name: "trivia")
        #expect(host.inputNames == ["question"])
        #expect(host.parameters.map(\.path) == ["search.k"])
        let model = FieldModel(Self.values)
        let answer = try await withLanguageModel(model) { try await useServices(try wiki()[0]) }
        #expect(answer == "the Ouvel")
        #expect(model.asked.last?.messages.last?.content.contains("valley of the Ouvel") == true)
        #expect(model.asked.last?.messages.last?.content.contains("clocks") == false)
    }

    @Test func assertionsAskAgain() async throws {
        let long = String(repeating: "river ", count: 20)
        var values = Self.values.mapValues { value in { @Sendable (_: String) in value } }
        values["search_query"] = { $0.contains("at most 60 characters") ? "Tarnwick river" : long }
        let model = FieldModel(answering: values)
        let services = ProgramServices(retrievers: ["wiki": try wiki()[0]])
        let question = try await withLanguageModel(model) {
            try await withServices(services) { try await CheckedTrivia()(question: "Which river runs through Tarnwick?") }
        }
        #expect(question.answer == "the Ouvel")
        #expect(model.asked.count { $0.messages.last?.content.contains("`[[ ## search_query ## ]]`") == true } == 2)
    }

    @Test func toolsOfAnAgent() async throws {
        var values = Self.values.mapValues { value in { @Sendable (_: String) in value } }
        values["next_thought"] = { _ in "ask" }
        values["next_tool_name"] = { $0.contains("31 by train") ? "finish" : "distance" }
        values["next_tool_args"] = {
            $0.contains("31 by train") ? "{}" : #"{"from": "Tarnwick", "to": "Holby", "byTrain": true}"#
        }
        values["answer"] = { $0.contains("31 by train") ? "31 km" : "unknown" }
        let model = FieldModel(answering: values)
        let (answer, weather) = try await withLanguageModel(model) { try await agent(BM25(["Holby makes clocks."])) }
        #expect(try answer.answer == "31 km")
        #expect(weather.parameters.map(\.name) == ["town"])
    }

    @Test func severalTries() async throws {
        let model = FieldModel(Self.values)
        #expect(try await withLanguageModel(model) { try await bestOf() }.intent == .lostCard)
        #expect(model.asked.count == 1)
        let wordy = FieldModel(Self.values.merging(["reply": String(repeating: "We are sorry. ", count: 9)]) { $1 })
        #expect(try await withLanguageModel(wordy) { try await bestOf() }.reply.count > 80)
        #expect(wordy.asked.count == 3)
    }
}
