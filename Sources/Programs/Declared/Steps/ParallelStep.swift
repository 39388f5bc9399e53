internal import JSON

/// `parallel`: steps that run at the same time. None of them sees what the others give.
struct ParallelStep: StepContent {
    private var steps: [DeclaredStep]

    init?(_ section: inout StepSection) {
        guard let steps = section.steps(section.key) else { return nil }
        self.steps = steps
    }

    var json: JSONObject { ["module": "parallel", "parallel": .array(steps.map(\.json))] }

    var sources: [String] { steps.flatMap(\.content.sources).uniqued }
    var outputNames: [String] { steps.flatMap(\.content.outputNames).uniqued }
    var asksModel: Bool { steps.contains { $0.content.asksModel } }

    mutating func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader) {
        // Only to find names that two of them give.
        var afterwards = scope
        for index in steps.indices {
            var inner = scope
            inner.beside += steps.indices.filter { $0 != index }.flatMap { steps[$0].content.outputNames }
            inner.wire(&steps[index], reader: &reader)
            scope.takeInputs(of: inner)
            afterwards.takeInputs(of: inner)
            afterwards.give(steps[index], reader: &reader)
        }
    }

    func makeModule(after earlier: [String: any Module]) throws(SignatureError) -> any Module {
        var modules: [(String, any Module)] = []
        for step in steps { modules.append((step.name, try step.content.makeModule(after: earlier))) }
        return ParallelModule(parts: modules, outputNames: outputNames)
    }

    var constructor: String { "Parallel(\(steps.constructors))" }
    func declarations(_ attribute: String) -> [String] { steps.flatMap { $0.content.declarations("\(attribute).\($0.name)") } }

    func statements(_ attribute: String) -> [String] {
        ["with parallel():"] + steps.flatMap { $0.content.statements("\(attribute).\($0.name)") }.indented
    }
}

private struct ParallelModule: ComposedModule {
    let parts: [(name: String, part: any Module)]
    let outputNames: [String]

    func forward(_ values: JSONObject) async throws -> Prediction {
        var outputs = JSONObject()
        for result in try await Parallel().run(parts.map { ($0.part, values) }) {
            outputs = outputs.merging(try result.get().fields)
        }
        return Prediction(fields: outputs.filter { outputNames.contains($0) })
    }
}

extension [String] {
    /// Lines of pseudo-code, one level deeper.
    var indented: [String] { map { "    " + $0.replacing(scalar: "\n", with: "\n    ") } }
}
