internal import JSON

/// `predict` and `chain_of_thought`: one predictor.
struct PredictorStep: StepContent {
    static let options = StepSection.signatureOptions + ["adapter", "demos"]

    /// A ChainOfThought's has the reasoning in it.
    let call: WiredSignature
    let reasons: Bool
    let adapter: Adapter?
    let demos: [JSONObject]

    init?(_ section: inout StepSection, reasons: Bool) {
        guard var call = section.signature() else { return nil }
        if reasons {
            do throws(SignatureError) { call.signature = try call.signature.withReasoning() } catch {
                section.report(section.key, error.message)
                return nil
            }
        }
        self.call = call
        self.reasons = reasons
        adapter = section.adapter()
        demos = section.demos(of: call.signature)
    }

    var json: JSONObject {
        var json = (["module": reasons ? "chain_of_thought" : "predict"] as JSONObject).merging(call.json)
        json["adapter"] = adapter.map { .string($0.rawValue) }
        if !demos.isEmpty { json["demos"] = .array(demos.map { .object($0) }) }
        return json
    }

    var sources: [String] { call.inputs.map(\.source) }

    var outputNames: [String] { call.signature.outputs.map(\.name).filter { !reasons || $0 != "reasoning" } }

    var asides: [String] { reasons ? ["reasoning"] : [] }

    func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader) {
        call.provide(from: &scope, to: name, path: path, reader: &reader)
    }

    func makeModule(after earlier: [String: any Module]) -> any Module {
        let module: any Module =
            reasons
            ? ChainOfThought(reasoned: call.signature, demos: demos, adapter: adapter)
            : Predict(call.signature, demos: demos, adapter: adapter)
        return WiredModule(module: module, inputs: call.inputs)
    }

    var remark: String? { call.signature.instructions }

    var constructor: String { "\(reasons ? "ChainOfThought" : "Predict")(\"\(writtenShorthand)\")" }

    func statements(_ attribute: String) -> [String] { [self.call(attribute, arguments: call.arguments)] }

    /// The signature as the user wrote it, without the reasoning.
    private var writtenShorthand: String {
        guard reasons else { return call.signature.shorthand }
        var base = call.signature
        base.outputs.removeFirst()
        return base.shorthand
    }
}

extension StepSection {
    /// `adapter`; nil where the step leaves it to the program.
    mutating func adapter() -> Adapter? { reader.adapter(members, path: path) }
}

extension SectionReader {
    mutating func adapter(_ members: JSONObject, path: JSONPath) -> Adapter? {
        guard let name = string(members, "adapter", path: path) else { return nil }
        if let adapter = Adapter(rawValue: name) { return adapter }
        let known = Adapter.allCases.map(\.rawValue)
        let hint = nearestName(to: name, in: known).map { "; did you mean '\($0)'?" } ?? ";"
        report(path.appending("adapter"), "there is no adapter '\(name)'\(hint) Adapters: \(known.joined(separator: ", "))")
        return nil
    }
}
