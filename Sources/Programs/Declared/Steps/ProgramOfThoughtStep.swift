internal import JSON

/// `program_of_thought`: answers by code that the model writes and a sandbox runs.
struct ProgramOfThoughtStep: StepContent {
    static let options = StepSection.signatureOptions + ["max_iters"]

    let call: WiredSignature
    let maxIterations: Int

    init?(_ section: inout StepSection) {
        if !section.surroundings.allowsCode {
            let reason = "step '\(section.name)' runs code that a model writes"
            section.report(section.key, "\(reason); allow it with 'code_execution: true' under program")
        }
        guard let call = section.signature(), let maxIterations = section.count("max_iters", default: 3) else { return nil }
        self.call = call
        self.maxIterations = maxIterations
        do throws(SignatureError) { _ = try makeModule(after: [:]) } catch {
            section.report(section.key, error.message)
            return nil
        }
    }

    var json: JSONObject {
        (["module": "program_of_thought"] as JSONObject).merging(call.json).merging(["max_iters": .int(maxIterations)])
    }

    var sources: [String] { call.inputs.map(\.source) }
    var outputNames: [String] { call.signature.outputs.map(\.name) }
    var asides: [String] { ["reasoning"].filter { !outputNames.contains($0) } }

    func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader) {
        call.provide(from: &scope, to: name, path: path, reader: &reader)
    }

    func makeModule(after earlier: [String: any Module]) throws(SignatureError) -> any Module {
        WiredModule(module: try ProgramOfThought(call.signature, maxIterations: maxIterations), inputs: call.inputs)
    }

    var remark: String? { call.signature.instructions }
    var constructor: String { "ProgramOfThought(\"\(call.signature.shorthand)\", max_iters=\(maxIterations))" }
    func statements(_ attribute: String) -> [String] { [self.call(attribute, arguments: call.arguments)] }
}
