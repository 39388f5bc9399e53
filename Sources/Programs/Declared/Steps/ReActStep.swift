internal import JSON

/// `react`: an agent that calls tools until it can answer.
struct ReActStep: StepContent {
    static let options = StepSection.signatureOptions + ["tools", "max_iters"]

    let call: WiredSignature
    let tools: [ToolDescription]
    let maxIterations: Int

    init?(_ section: inout StepSection) {
        guard let call = section.signature(), let maxIterations = section.count("max_iters", default: 20),
            let tools = section.tools()
        else { return nil }
        self.call = call
        self.tools = tools
        self.maxIterations = maxIterations
        // A module refuses what its own fields would clash with.
        do throws(SignatureError) { _ = try makeModule(after: [:]) } catch {
            section.report(section.key, error.message)
            return nil
        }
    }

    var json: JSONObject {
        (["module": "react"] as JSONObject).merging(call.json).merging([
            "tools": .array(tools.map(\.json)), "max_iters": .int(maxIterations),
        ])
    }

    var sources: [String] { call.inputs.map(\.source) }

    var outputNames: [String] { call.signature.outputs.map(\.name) }

    var asides: [String] { ["reasoning", "trajectory"].filter { !outputNames.contains($0) } }

    func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader) {
        call.provide(from: &scope, to: name, path: path, reader: &reader)
    }

    func makeModule(after earlier: [String: any Module]) throws(SignatureError) -> any Module {
        WiredModule(module: try ReAct(call.signature, tools: tools, maxIterations: maxIterations), inputs: call.inputs)
    }

    var remark: String? { call.signature.instructions }

    var constructor: String {
        "ReAct(\"\(call.signature.shorthand)\", tools=[\(tools.map(\.name).joined(separator: ", "))], max_iters=\(maxIterations))"
    }

    func statements(_ attribute: String) -> [String] { [self.call(attribute, arguments: call.arguments)] }
}

extension StepSection {
    /// The tools that `tools` names; without it all that the program declares.
    fileprivate mutating func tools() -> [ToolDescription]? {
        if surroundings.isStored { return storedTools() }
        let known = surroundings.tools
        guard let value = members["tools"] else {
            if known.isEmpty { reader.report(path, "an agent needs tools; declare them under program.tools") }
            return known.isEmpty ? nil : known
        }
        guard let list = value.arrayValue, !list.isEmpty else {
            report("tools", "tools is a list of names of tools, not \(value.serialized())")
            return nil
        }
        var tools: [ToolDescription] = []
        for (index, entry) in list.enumerated() {
            let path = path.appending("tools").appending(index)
            guard let name = entry.stringValue else {
                reader.report(path, "a tool is given by its name, not \(entry.kindName)")
                continue
            }
            check(name, of: "tool", known: known.map(\.name), declaredAt: "tools", path: path)
            if tools.contains(where: { $0.name == name }) { reader.report(path, "tool '\(name)' appears twice") }
            tools += known.filter { $0.name == name }
        }
        return tools.count == list.count ? tools : nil
    }

    private mutating func storedTools() -> [ToolDescription]? {
        do throws(Diagnostic) {
            var tools: [ToolDescription] = []
            for entry in members["tools"]?.arrayValue ?? [] {
                tools.append(try ToolDescription(json: entry, path: path.appending("tools")))
            }
            return tools
        } catch {
            reader.report(error.path, error.message)
            return nil
        }
    }
}

extension ToolDescription {
    fileprivate var json: JSON {
        ["name": .string(name), "description": .string(description), "parameters": .array(parameters.map(\.json))]
    }

    fileprivate init(json: JSON, path: JSONPath) throws(Diagnostic) {
        guard let name = json["name"]?.stringValue, let description = json["description"]?.stringValue,
            let list = json["parameters"]?.arrayValue
        else { throw Diagnostic(path, "a stored tool has name, description and parameters") }
        var parameters: [Field] = []
        for entry in list { parameters.append(try Field(json: entry, path: path)) }
        self.init(name: name, description: description, parameters: parameters)
    }
}
