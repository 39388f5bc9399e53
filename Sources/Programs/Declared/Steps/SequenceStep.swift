internal import JSON

/// `steps`: a list of steps inside another step, such as the pipeline that a `best_of_n` runs as a whole.
struct SequenceStep: StepContent {
    static let key = "steps"

    private(set) var steps: [DeclaredStep]

    init(steps: [DeclaredStep]) { self.steps = steps }

    init?(_ section: inout StepSection) {
        guard let steps = section.steps(Self.key) else { return nil }
        self.steps = steps
    }

    var json: JSONObject { ["module": .string(Self.key), Self.key: .array(steps.map(\.json))] }

    var sources: [String] { steps.sources }
    var outputNames: [String] { steps.flatMap(\.content.outputNames).uniqued }
    var asksModel: Bool { steps.contains { $0.content.asksModel } }

    mutating func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader) {
        var inner = scope
        inner.wire(&steps, reader: &reader)
        scope.takeInputs(of: inner)
    }

    func makeModule(after earlier: [String: any Module]) throws(SignatureError) -> any Module {
        try StepSequence(steps, outputNames: outputNames, after: earlier)
    }

    var constructor: String { "Sequence(\(steps.constructors))" }
    func declarations(_ attribute: String) -> [String] { steps.flatMap { $0.content.declarations("\(attribute).\($0.name)") } }
    func statements(_ attribute: String) -> [String] { steps.flatMap { $0.content.statements("\(attribute).\($0.name)") } }
}

extension [DeclaredStep] {
    /// What they read that none of them gave before.
    var sources: [String] {
        var given: Set<String> = []
        var sources: [String] = []
        for step in self {
            sources += step.content.sources.filter { !given.contains($0) }
            given.formUnion(step.content.outputNames)
            given.formUnion((step.content.outputNames + step.content.asides).map { "\(step.name).\($0)" })
        }
        return sources.uniqued
    }

    var constructors: String { map { "\($0.name)=\($0.content.constructor)" }.joined(separator: ", ") }
}
