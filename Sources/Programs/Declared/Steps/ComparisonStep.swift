internal import JSON

/// `multi_chain_comparison`: several chains of thought, and a predictor that compares them.
struct ComparisonStep: StepContent {
    static let options = StepSection.signatureOptions + ["attempts", "temperature"]

    let call: WiredSignature
    let attempts: Int
    let temperature: Double

    init?(_ section: inout StepSection) {
        guard let call = section.signature(), let attempts = section.count("attempts", default: 3) else { return nil }
        self.call = call
        self.attempts = attempts
        temperature = section.number("temperature", default: 0.7)
        do throws(SignatureError) { _ = try makeModule(after: [:]) } catch {
            section.report(section.key, error.message)
            return nil
        }
    }

    var json: JSONObject {
        (["module": "multi_chain_comparison"] as JSONObject).merging(call.json)
            .merging(["attempts": .int(attempts), "temperature": .number(temperature)])
    }

    var sources: [String] { call.inputs.map(\.source) }
    var outputNames: [String] { call.signature.outputs.map(\.name) }
    var asides: [String] { ["rationale"] }

    func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader) {
        call.provide(from: &scope, to: name, path: path, reader: &reader)
    }

    func makeModule(after earlier: [String: any Module]) throws(SignatureError) -> any Module {
        let attempts = ComparedAttempts(
            attempts: try ChainOfThought(call.signature),
            compare: try MultiChainComparison(call.signature, attempts: attempts, temperature: temperature), count: attempts,
            temperature: temperature)
        return WiredModule(module: attempts, inputs: call.inputs)
    }

    var remark: String? { call.signature.instructions }

    func declarations(_ attribute: String) -> [String] {
        let shorthand = call.signature.shorthand
        return comment + [
            "\(attribute).attempts = ChainOfThought(\"\(shorthand)\")",
            "\(attribute).compare = MultiChainComparison(\"\(shorthand)\", M=\(attempts))",
        ]
    }

    var constructor: String { "MultiChainComparison(\"\(call.signature.shorthand)\", M=\(attempts))" }

    func statements(_ attribute: String) -> [String] {
        let arguments = call.arguments.joined(separator: ", ")
        return [
            "completions = \(attribute).attempts(\(arguments), n=\(attempts))",
            self.call("\(attribute).compare", arguments: ["completions"] + call.arguments),
        ]
    }
}

/// A ChainOfThought's attempts, compared.
private struct ComparedAttempts: Module {
    let attempts: ChainOfThought
    let compare: MultiChainComparison
    let count: Int
    let temperature: Double

    func forward(_ inputs: JSONObject) async throws -> Prediction {
        let prediction = try await attempts.predict.forward(inputs, count: count)
        var completions = prediction.completions.isEmpty ? [prediction.fields] : prediction.completions
        // Answers that do not parse are left out.
        if completions.count < count {
            completions += try await samples(of: attempts, inputs, completions.count..<count, temperature: temperature)
        }
        return try await compare.forward(inputs.merging(["completions": .array(completions.map { .object($0) })]))
    }
}
