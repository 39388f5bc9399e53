public import JSON

/// An agent: step by step it thinks and calls a tool, until it knows enough to answer.
///
///     let agent = ReAct("question -> answer", tools: [search, calculate])
///     let answer = try await agent(question: "How old was Ada Lovelace in 1840?")
///
/// The prediction has the signature's outputs and `trajectory`: an object with `thought_0`, `tool_name_0`, `tool_args_0`,
/// `observation_0`, and so on.
public struct ReAct: ComposedModule {
    /// What it takes and gives, without the trajectory.
    public let signature: Signature
    /// What the agent may call; `finish` comes on top.
    public let tools: [ToolDescription]
    /// After so many steps it must answer with what it has.
    public let maxIterations: Int
    let react: Predict
    let extract: ChainOfThought
    /// nil: the tools are looked up by name in the services of the run.
    private let ownTools: [any Tool]?

    /// - Throws: a ``SignatureError`` when two tools have one name or a name is not an identifier, or when the signature has a
    ///   field named `trajectory`, `next_thought`, `next_tool_name` or `next_tool_args`.
    public init(_ signature: Signature, tools: [any Tool], maxIterations: Int = 20) throws(SignatureError) {
        try self.init(signature, describing: tools.map(\.toolDescription), ownTools: tools, maxIterations: maxIterations)
    }

    /// - Precondition: `shorthand` is a valid signature, and as ``init(_:tools:maxIterations:)`` demands.
    public init(_ shorthand: String, instructions: String? = nil, tools: [any Tool], maxIterations: Int = 20) {
        do throws(SignatureError) {
            try self.init(Signature(literal: shorthand, instructions: instructions), tools: tools, maxIterations: maxIterations)
        } catch {
            preconditionFailure("ReAct(\"\(shorthand)\"): \(error)")
        }
    }

    /// With tools that the services of the run provide under these names.
    init(_ signature: Signature, tools: [ToolDescription], maxIterations: Int = 20) throws(SignatureError) {
        try self.init(signature, describing: tools, ownTools: nil, maxIterations: maxIterations)
    }

    private init(
        _ signature: Signature, describing tools: [ToolDescription], ownTools: [any Tool]?, maxIterations: Int
    ) throws(SignatureError) {
        try Self.check(names: tools.map(\.name))
        let trajectory = Field(name: "trajectory")
        let choice = [
            Field(name: "next_thought"),
            Field(name: "next_tool_name", type: .literal((tools.map(\.name) + [Self.finish]).map { .string($0) })),
            Field(name: "next_tool_args", type: .dict(.string, .any)),
        ]
        self.signature = signature
        self.tools = tools
        self.ownTools = ownTools
        self.maxIterations = maxIterations
        react = Predict(
            try Signature(inputs: signature.inputs + [trajectory], outputs: choice, instructions: signature.instructions),
            fixedInstructions: agentInstructions(for: signature, tools: tools))
        extract = try ChainOfThought(
            Signature(inputs: signature.inputs + [trajectory], outputs: signature.outputs, instructions: signature.instructions))
    }

    var parts: [(name: String, part: any Module)] { [("react", react), ("extract", extract)] }
    var wholeSignature: Signature? { signature }

    static let finish = "finish"

    private static func check(names: [String]) throws(SignatureError) {
        var seen: Set = [finish]
        for name in names {
            let isName =
                name.first.map { !$0.isNumber } ?? false
                && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" }
            guard isName else { throw SignatureError("tool '\(name)': a name has letters, digits and underscores only") }
            guard seen.insert(name).inserted else {
                throw SignatureError(
                    name == finish ? "a tool can't be called 'finish': every agent has one" : "two tools are called '\(name)'")
            }
        }
    }

    // MARK: Running

    /// - Throws: a ``RunFailure``; an error of a tool is none, but an observation for the agent.
    public func forward(_ inputs: JSONObject) async throws -> Prediction {
        let scope = RunScope.active(for: self)
        return try await scope.run { try await answer(to: inputs, in: scope) }
    }

    private func answer(to inputs: JSONObject, in scope: RunScope) async throws -> Prediction {
        let toolbox = Toolbox(
            tools: try resolvedTools(in: scope), agent: scope.paths[ObjectIdentifier(react.identity)] ?? "", inputs: inputs)
        var trajectory = Trajectory()
        while trajectory.steps.count < maxIterations, trajectory.steps.last?.tool != Self.finish {
            guard let choice = try await choice(inputs, &trajectory) else { break }
            let observation =
                choice.tool == Self.finish
                ? "Completed." : try await toolbox.observation(of: choice, step: trajectory.steps.count, in: scope)
            trajectory.steps.append(Trajectory.Step(choice: choice, observation: observation))
        }
        let outputs = try await ask(extract, inputs, &trajectory).fields
        return Prediction(fields: JSONObject([("trajectory", .object(trajectory.json))]).merging(outputs))
    }

    /// nil where the agent names no tool, or its steps no longer fit into the prompt: it must answer with what it has.
    private func choice(_ inputs: JSONObject, _ trajectory: inout Trajectory) async throws -> Trajectory.Choice? {
        do {
            return Trajectory.Choice(try await ask(react, inputs, &trajectory).fields)
        } catch let failure as RunFailure where failure.kind == "unparseable" || failure.isContextOverflow {
            return nil
        }
    }

    /// Where the prompt is too long, without the oldest steps: three times at most.
    private func ask(_ module: any Module, _ inputs: JSONObject, _ trajectory: inout Trajectory) async throws -> Prediction {
        var triesLeft = 3
        while true {
            do {
                return try await module.forward(inputs.merging(["trajectory": .string(trajectory.text)]))
            } catch let failure as RunFailure where failure.isContextOverflow {
                triesLeft -= 1
                guard triesLeft > 0, trajectory.hideOldest() else { throw failure }
            }
        }
    }

    private func resolvedTools(in scope: RunScope) throws -> [String: any Tool] {
        if let ownTools { return Dictionary(uniqueKeysWithValues: ownTools.map { ($0.name, $0) }) }
        let provided = scope.context.services.tools
        for tool in tools where provided[tool.name] == nil {
            throw scope.refusal(
                "no_tool", "the run has no tool '\(tool.name)'; it has: \(provided.keys.sorted().joined(separator: ", "))")
        }
        return provided
    }
}

extension RunFailure {
    var isContextOverflow: Bool { kind == LanguageModelError.Kind.contextWindow.rawValue }
}
