internal import JSON

/// `assert` and `suggest`: what must, or should, hold of the values so far.
struct AssertionStep: StepContent {
    static let options = ["message", "retry"] + Check.conditionKeys

    let isHard: Bool
    let check: Check
    /// What a model is told; nil: the check in words.
    let message: String?
    /// The step to ask again; nil: the one that asked a model last.
    let retry: String?

    init?(_ section: inout StepSection, isHard: Bool) {
        guard let name = section.string(section.key) else { return nil }
        self.isHard = isHard
        message = section.string("message")
        retry = section.string("retry")
        guard let check = Check(section.members, about: name, path: section.path, reader: &section.reader) else { return nil }
        self.check = check
    }

    private var key: String { isHard ? "assert" : "suggest" }
    private var feedback: String { message ?? check.words + "." }

    var json: JSONObject {
        var json: JSONObject = ["module": .string(key), key: .string(check.value)]
        json = json.merging(check.json.filter { $0 != "value" })
        json["message"] = message.map(JSON.string)
        json["retry"] = retry.map(JSON.string)
        return json
    }

    var sources: [String] { check.references }
    var outputNames: [String] { [] }
    var asksModel: Bool { false }

    func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader) {
        for source in sources { scope.provide(NameUse(source: source), to: name, path: path, reader: &reader) }
        if let retry { scope.check(blamed: retry, path: path.appending("retry"), reader: &reader) }
    }

    func makeModule(after earlier: [String: any Module]) -> any Module {
        let blamed = retry.flatMap { earlier[$0] }.map { PredictorTree(of: $0).nodes.map(\.predict) }
        return AssertionModule(isHard: isHard, check: check, message: feedback, blamed: blamed)
    }

    var constructor: String { "\(key)(\(check.condition))" }
    func declarations(_ attribute: String) -> [String] { [] }

    func statements(_ attribute: String) -> [String] {
        let condition = "\(check.condition), \(JSON.string(feedback).serialized())"
        return [isHard ? "assert \(condition)" : "suggest(\(condition))"]
    }
}

private struct AssertionModule: ComposedModule {
    let isHard: Bool
    let check: Check
    let message: String
    /// Predictors of other steps.
    let blamed: [Predict]?

    var parts: [(name: String, part: any Module)] { [] }

    func forward(_ values: JSONObject) async throws -> Prediction {
        if !check.holds(values) {
            let scope = RunScope.active
            let paths = blamed.map { Set($0.compactMap { scope.paths[ObjectIdentifier($0.identity)] }) }
            try scope.violate(message, isHard: isHard, blaming: paths)
        }
        return Prediction(fields: [:])
    }
}
