import Nightshift

/// A question answered by heart, with reasoning.
struct QuestionAnswering: Program {
    let answer = ChainOfThought("question -> answer")

    func forward(_ inputs: JSONObject) async throws -> Prediction { try await answer(inputs) }
}
