import JSON

/// One step of an agent: a tool that brings the next missing fact, or the end when the observations hold the answer.
struct AgentStep: Part {
    static let toolField = "next_tool_name"
    private static let argumentsField = "next_tool_args"
    private static let finish = "finish"
    private static let stepLimit = 5

    private let situation: Situation
    private let reader: Reader
    private let tool: String
    private let arguments: JSONObject
    /// Why this step, in a sentence.
    private let thought: String

    init(_ situation: Situation) {
        self.situation = situation
        let trajectory = Sections(parsing: situation.turn.inputs["trajectory"] ?? "")
        let steps = trajectory.names.count { $0.hasPrefix("tool_name") }
        let earlier = zip(trajectory.names, trajectory.bodies).filter { $0.0.hasPrefix("tool_args") }.map(\.1)
        let reader = Reader(Question(situation.question), passages: situation.passages ?? [])
        self.reader = reader
        let choice = Choice(situation, reader: reader)
        // The weak stop too early now and then, after at least one observation.
        let stopsEarly = steps > 0 && !situation.ability.masters(situation.hard.uniform(91) * 0.5, situation.draw, 92)
        let repeats = earlier.contains {
            $0 == JSON.object(choice.arguments).serialized(.python) || $0 == JSON.object(choice.arguments).serialized()
        }
        let isDone = reader.isComplete || situation.calculated != nil
        if isDone || stopsEarly || repeats || steps >= Self.stepLimit || choice.tool == nil {
            tool = Self.finish
            arguments = [:]
            let evidence = situation.calculated ?? reader.hops.last?.sentence.text ?? ""
            thought =
                isDone
                ? "The observations say: \(evidence) That answers the question."
                : "I have what I can get; I will answer from it."
        } else {
            tool = choice.tool ?? Self.finish
            arguments = choice.arguments
            let goal = choice.arguments.map(\.value).first?.stringValue ?? SearchQuery.focused(reader)
            thought =
                reader.hops.isEmpty
                ? "I need to find out about \(goal)." : "That leads to \(reader.frontier.joined()); next I need \(goal)."
        }
    }

    /// A tool and its arguments, chosen among those in the instructions by what they say of themselves.
    private struct Choice {
        var tool: String?
        var arguments: JSONObject = [:]

        init(_ situation: Situation, reader: Reader) {
            let asked = Set(TextFeatures(situation.question, withVector: false).concepts)
            let isCalculation = Arithmetic.expression(in: situation.question) != nil
            let tools = situation.context.tools.filter { $0.name != AgentStep.finish }
            func score(_ tool: ToolDescription) -> Double {
                let words = TextFeatures(tool.name + " " + tool.description, withVector: false).concepts
                let lower = (tool.name + " " + tool.description).lowercased()
                func says(_ parts: String...) -> Bool { parts.contains { lower.contains($0) } }
                return Double(words.count { asked.contains($0) })
                    + (says("search", "retriev", "look up", "lookup", "find", "wiki", "passage") ? 0.8 : 0)
                    + (isCalculation && says("calc", "evaluat", "comput", "python", "expression", "math") ? 3 : 0)
            }
            guard let best = tools.max(by: { score($0) < score($1) }) else { return }
            tool = best.name
            let query = SearchQuery.focused(reader)
            let numbers = Extraction.numbers(in: situation.question)
            var used = 0
            for (name, schema) in best.parameters {
                let lower = name.lowercased()
                func named(_ parts: String...) -> Bool { parts.contains { lower.contains($0) } }
                switch schema["type"]?.stringValue {
                case "integer", "number":
                    if named("limit", "count", "top") || lower == "k" || lower == "n" { continue }
                    arguments[name] = used < numbers.count ? numbers[used] : 1
                    used += 1
                case "boolean": arguments[name] = true
                case "array": arguments[name] = [.string(query)]
                default:
                    if named("expr", "code", "formula") {
                        arguments[name] = .string(Arithmetic.expression(in: situation.question) ?? query)
                    } else if named("city", "name", "entity", "title", "place", "person", "country", "town", "location") {
                        arguments[name] = .string(reader.frontier.first ?? query)
                    } else {
                        arguments[name] = .string(query)
                    }
                }
            }
        }
    }

    func value(of field: FieldDeclaration) -> JSON? {
        switch field.name {
        case Self.toolField: .string(tool)
        case Self.argumentsField: .object(arguments)
        case "next_thought": .string(thought)
        default: nil
        }
    }

    var explanation: String? { thought }
}
