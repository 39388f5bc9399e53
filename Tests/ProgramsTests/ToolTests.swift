import JSON
import Testing

@testable import Programs

@Suite struct ToolTests {
    enum Unit: String, Decodable, CaseIterable { case km, miles }

    struct Route: Decodable {
        var from: String
        var stops: [String]
        var limit: Int?
        var unit: Unit
    }

    @Test func aStructureIsTheParameters() async throws {
        let tool = FunctionTool(name: "distance", description: "How far.", parameterDescriptions: ["from": "a town"]) {
            (route: Route) in
            "\(route.from) \(route.stops.count) \(route.limit ?? -1) \(route.unit)"
        }
        #expect(tool.parameters.map(\.name) == ["from", "stops", "limit", "unit"])
        #expect(tool.parameters.map(\.type.pythonName) == ["str", "list[str]", "Union[int, NoneType]", "Literal['km', 'miles']"])
        #expect(tool.parameters.map(\.isOptional) == [false, false, true, false])
        #expect(tool.parameters[0].description == "a town")
        let arguments = try tool.toolDescription.arguments(from: ["from": "Bonn", "stops": ["Ulm"], "unit": "km"])
        #expect(try await tool.call(arguments) == "Bonn 1 -1 km")
        let failure = #expect(throws: RunFailure.self) {
            try tool.toolDescription.arguments(from: ["from": "Bonn", "stops": [], "unit": "parsec"])
        }
        #expect(failure?.message == "argument 'unit': parsec is not one of: km; miles")
    }

    struct Texts: Retriever {
        let texts: [String]
        func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
            Retrieval(
                passages: texts.prefix(k).map { Passage(text: $0) }, usage: UsageByRole(.embedding, Usage(calls: 1, attempts: 1)))
        }
    }

    @Test func aRetrieverAsATool() async throws {
        let agent = ReAct("question -> answer", tools: [RetrieverTool(retriever: Texts(texts: ["one", "two", "three"]), k: 2)])
        let model = ScriptedModel { request in
            if request.wants("answer") { return answer(["reasoning": "r", "answer": "a"]) }
            let isOver = request.messages.last?.content.contains("observation_0") ?? false
            return answer([
                "next_thought": "t", "next_tool_name": isOver ? "finish" : "search",
                "next_tool_args": isOver ? "{}" : #"{"query": "x"}"#,
            ])
        }
        let result = await SwiftProgram(agent, name: "agent").run(["question": "q"], with: model)
        #expect(try result.outcome.get()["trajectory"]?["observation_0"] == "[1] «one»\n[2] «two»")
        #expect(result.usage[.embedding].calls == 1 && result.usage[.task].calls == 3)
        #expect(try await RetrieverTool(retriever: Texts(texts: [])).call(["query": "x"]) == "Nothing was found.")
        await #expect(throws: ServiceError.self) { try await RetrieverTool(retriever: Texts(texts: [])).call(["query": " "]) }
    }
}
