internal import JSON

/// The tools of an agent at work.
struct Toolbox: Sendable {
    let tools: [String: any Tool]
    /// The path of the predictor that chooses, and what the agent was asked: they tell its calls apart from other agents'.
    let agent: String
    let inputs: JSONObject

    /// What the agent sees of a call. An error of the tool is an observation, too, unless it is not the program's fault.
    func observation(of choice: Trajectory.Choice, step: Int, in scope: RunScope) async throws -> String {
        let key = ReplayLog.Key.observation(
            agent: agent, step: step, tool: choice.tool, arguments: choice.arguments,
            variant: scope.variant + [JSON.object(inputs).serialized()])
        return try await scope.replayedPart(key) {
            do {
                guard let tool = tools[choice.tool] else { throw misuse("there is no such tool") }
                return try await tool.call(try tool.toolDescription.arguments(from: choice.arguments))
            } catch {
                let failure = RunFailure(error)
                RunScope.current?.recorder.note(failure)
                // An assertion speaks to the run, not to the agent.
                if error is Backtrack || failure.fault != .program || failure.isFailedAssertion { throw error }
                return "Execution error in \(choice.tool): \(failure.message)"
            }
        }
    }
}

extension ToolDescription {
    /// The arguments of a call, converted to the parameters' types, with defaults filled in.
    func arguments(from given: JSONObject) throws(RunFailure) -> JSONObject {
        let names = parameters.map(\.name)
        if let name = given.keys.first(where: { !names.contains($0) }) {
            let known = names.isEmpty ? "it takes none" : "it takes \(names.joined(separator: ", "))"
            throw misuse("there is no argument '\(name)'; \(known)")
        }
        var arguments = JSONObject()
        for parameter in parameters {
            if let value = given[parameter.name] {
                do throws(CastError) {
                    let value = try parameter.type.validated(value)
                    try parameter.limits.check(value)
                    arguments[parameter.name] = value
                } catch {
                    throw misuse("argument '\(parameter.name)': \(error)")
                }
            } else if let value = parameter.fallback {
                arguments[parameter.name] = value
            } else {
                throw misuse("argument '\(parameter.name)' is missing")
            }
        }
        return arguments
    }

    /// The line of a prompt that presents the tool.
    fileprivate var presentation: String {
        let schemas = parameters.map { parameter in
            var schema = parameter.type.schema.objectValue ?? [:]
            schema["description"] = parameter.description.map { .string($0) }
            if let value = parameter.fallback { schema["default"] = value }
            return (parameter.name, JSON.object(schema))
        }
        let arguments = schemas.isEmpty ? "no arguments" : "arguments \(JSON.object(JSONObject(schemas)).serialized(.python))"
        let words = description.pythonLines.map(\.pythonStripped).joined(separator: " ")
        return "\(name): \(words.isEmpty ? "" : words + " ")Takes \(arguments)."
    }
}

private func misuse(_ message: String) -> RunFailure { RunFailure(fault: .program, kind: "tool_arguments", message: message) }

/// What an agent's choosing predictor is told beside its instructions, whatever an optimiser makes of those.
func agentInstructions(for signature: Signature, tools: [ToolDescription]) -> String {
    func list(_ fields: [Field]) -> String { fields.map { "`\($0.name)`" }.joined(separator: ", ") }
    let finish = ToolDescription(
        name: ReAct.finish,
        description: "Ends the work; to be called as soon as all that \(list(signature.outputs)) needs is known.",
        parameters: [])
    let lines = (tools + [finish]).enumerated().map { "(\($0.offset + 1)) \($0.element.presentation)" }
    return """
        You work in steps, with tools, until you know enough to give \(list(signature.outputs)). In each step you are shown \
        \(list(signature.inputs)) and the `trajectory` of your steps so far: thoughts, tool calls, and what the tools returned.
        Write your `next_thought`: what is known, what is missing, what to do next. Then name one tool as `next_tool_name`, and \
        give its arguments as `next_tool_args`, a JSON object. What it returns becomes the step's observation.

        The tools:
        \(lines.joined(separator: "\n"))
        """
}
