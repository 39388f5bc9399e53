internal import JSON
internal import Programs

/// A question that the judge model answers, by a signature.
struct Judge: Sendable {
    struct Answer: Sendable {
        var fields: JSONObject
        var usage: UsageByRole
    }

    private let program: SwiftProgram
    private let model: (any LanguageModel)?

    init(_ predict: Predict, name: String, model: (any LanguageModel)?) {
        program = SwiftProgram(predict, name: name)
        self.model = model
    }

    /// - Throws: a ``MetricError`` where the answer is of no use, a ``MetricServiceError`` where there is none.
    func answer(_ inputs: JSONObject) async throws -> Answer {
        guard let model else { throw MetricServiceError(.refused, "the metric needs a judge model; set lm.judge") }
        // The same answer must get the same score, whoever judges it and when.
        let context = RunContext(state: program.initialState, model: model, role: .judge, temperature: 0)
        let result = await program.run(inputs, in: context)
        switch result.outcome {
        case .success(let prediction): return Answer(fields: prediction.fields, usage: result.usage)
        case .failure(var failure):
            failure.message = "\(program.name): \(failure.message)"
            throw metricFailure(failure, usage: result.usage)
        }
    }
}

extension Judge.Answer {
    func number(_ name: String) throws(MetricError) -> Double {
        if let value = fields[name]?.doubleValue, value.isFinite { return value }
        throw MetricError("the judge gave no number '\(name)'", usage: usage)
    }

    /// A number as a share of 1; what a judge gives beyond that is cut off, as in DSPy.
    func share(_ name: String) throws(MetricError) -> Double { min(1, max(0, try number(name))) }
}

extension Predict {
    /// A judge that reasons first.
    init(judging shorthand: String, instructions: String, descriptions: [String: String]) {
        var signature = ChainOfThought(shorthand, instructions: instructions).predict.signature
        for index in signature.outputs.indices {
            signature.outputs[index].description = descriptions[signature.outputs[index].name]
        }
        self.init(signature)
    }
}
