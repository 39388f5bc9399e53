internal import JSON

/// The answers of a module to the same question, drawn side by side: one for each of `indices`, in that order, without the draws
/// that failed, also by an assertion.
/// - Parameter choose: the one of them that counts, whose calls alone are in the trace; nil: all count.
/// - Throws: the first failure, where all failed, or one that is no fault of the program.
func samples(
    of module: any Module, _ inputs: JSONObject, _ indices: Range<Int>, temperature: Double,
    choosing choose: (([JSONObject]) -> JSONObject?)? = nil
) async throws(RunFailure) -> [JSONObject] {
    let around = RunScope.active
    let drawn = await withTaskGroup(of: Sample.self) { group in
        for index in indices {
            group.addTask { await Sample(module, inputs, index: index, in: around.tries(index, temperature: temperature)) }
        }
        return await group.reduce(into: []) { $0.append($1) }.sorted { $0.index < $1.index }
    }
    let answers = drawn.compactMap(\.answer)
    // Where all failed, the first one counts.
    let counting = answers.isEmpty ? 0 : choose?(answers).flatMap { chosen in drawn.firstIndex { $0.answer == chosen } }
    for (place, sample) in drawn.enumerated() {
        around.adopt(sample.scope, isKept: counting.map { $0 == place } ?? (sample.answer != nil))
    }
    let failures = drawn.compactMap(\.failure)
    if let failure = failures.first(where: { $0.fault != .program }) ?? (answers.isEmpty ? failures.first : nil) { throw failure }
    return answers
}

private struct Sample: Sendable {
    let index: Int
    let scope: RunScope
    private let result: Result<Prediction, RunFailure>

    init(_ module: any Module, _ inputs: JSONObject, index: Int, in scope: RunScope) async {
        self.index = index
        self.scope = scope
        do {
            result = .success(try await scope.run { try await module.forward(inputs) })
        } catch {
            result = .failure(RunFailure(error))
        }
    }

    var answer: JSONObject? { try? result.get().fields }
    var failure: RunFailure? { if case .failure(let failure) = result { failure } else { nil } }
}
