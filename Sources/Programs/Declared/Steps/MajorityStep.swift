internal import JSON

/// `majority`: the answer that most of several samples give.
struct MajorityStep: StepContent {
    static let options = ["field", "step", "steps"]

    let count: Int
    private var inner: DeclaredStep
    /// The output that is voted on.
    let field: String

    init?(_ section: inout StepSection) {
        guard let count = section.count(section.key), let inner = section.inner() else { return nil }
        self.count = count
        self.inner = inner
        let outputs = inner.content.outputNames
        field = section.string("field") ?? outputs.last ?? ""
        if !outputs.contains(field) {
            let hint = nearestName(to: field, in: outputs).map { "; did you mean '\($0)'?" } ?? ";"
            section.report("field", "the step has no output '\(field)'\(hint) Outputs: \(outputs.joined(separator: ", "))")
        }
    }

    var json: JSONObject {
        ["module": "majority", "majority": .int(count), "field": .string(field), "step": .object(inner.content.json)]
    }

    var sources: [String] { inner.content.sources }
    var outputNames: [String] { inner.content.outputNames }
    var asides: [String] { inner.content.asides }

    mutating func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader) {
        scope.wire(&inner, reader: &reader)
    }

    func makeModule(after earlier: [String: any Module]) throws(SignatureError) -> any Module {
        MajorityModule(module: try inner.content.makeModule(after: earlier), count: count, field: field)
    }

    func declarations(_ attribute: String) -> [String] { inner.content.declarations(attribute) }
    var constructor: String { inner.content.constructor }

    func statements(_ attribute: String) -> [String] {
        let arguments = (sources + ["n=\(count)"]).joined(separator: ", ")
        return ["\(outputNames.joined(separator: ", ")) = majority(\(attribute)(\(arguments)), field=\"\(field)\")"]
    }
}

/// As in DSPy, where `majority` is a function: the module inside keeps its path.
private struct MajorityModule: ComposedModule {
    let module: any Module
    let count: Int
    let field: String

    var parts: [(name: String, part: any Module)] { [("", module)] }

    /// A predictor is asked for all answers at once; anything else runs as often as needed. Failed samples have no vote.
    func forward(_ values: JSONObject) async throws -> Prediction {
        let field = field
        let vote: @Sendable ([JSONObject]) -> JSONObject? = { majority($0, field: field) }
        if let wired = module as? WiredModule, let predict = wired.predict {
            return try await predict.forward(wired.inputs(from: values), count: count, choosing: vote)
        }
        let completions = try await samples(of: module, values, 0..<count, temperature: 0.7, choosing: vote)
        return Prediction(fields: vote(completions) ?? [:], completions: completions)
    }
}

extension WiredModule {
    /// The predictor that it is, if it is no more than that.
    fileprivate var predict: Predict? { module as? Predict ?? (module as? ChainOfThought)?.predict }
}
