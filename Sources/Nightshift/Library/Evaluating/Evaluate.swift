public import ProgramMetrics
public import Programs

/// Runs a program on examples and judges its answers, in this process and with what `configure(lm:services:adapter:)` set.
///
///     let result = try await evaluate(qa, on: examples, metric: .exactMatch("answer"))
///     print(result.score ?? 0, result.missing)
///
/// A program that fails scores `failureScore`. An example is missing data where the endpoint failed, or the metric could not
/// judge.
/// - Parameters:
///   - concurrency: how many examples are at work at a time.
/// - Throws: a ``RunFailure`` or a `MetricServiceError` that every further example would meet, such as a wrong API key.
public func evaluate(
    _ program: some Module, on examples: [Example], metric: some Metric, concurrency: Int = 8, failureScore: Double = 0
) async throws -> EvaluationResult {
    try await evaluate(Compiled(program), on: examples, metric: metric, concurrency: concurrency, failureScore: failureScore)
}

/// Like the other, for a program with a compiled state.
public func evaluate<Content: Module>(
    _ program: Compiled<Content>, on examples: [Example], metric: some Metric, concurrency: Int = 8, failureScore: Double = 0
) async throws -> EvaluationResult {
    try await withThrowingTaskGroup(of: (Int, JudgedRow).self) { group in
        var rows = [EvaluationResult.Row?](repeating: nil, count: examples.count)
        var usage = UsageByRole.zero
        var next = 0
        func startNext() {
            guard next < examples.count else { return }
            let (number, example) = (next, examples[next])
            group.addTask { (number, try await JudgedRow(example, by: program, metric, failureScore: failureScore)) }
            next += 1
        }
        for _ in 0..<max(1, concurrency) { startNext() }
        while let (number, judged) = try await group.next() {
            rows[number] = judged.row
            usage += judged.usage
            startNext()
        }
        return EvaluationResult(rows: rows.compactMap(\.self), usage: usage)
    }
}

/// One example's row and what it took.
private struct JudgedRow: Sendable {
    var row: EvaluationResult.Row
    var usage: UsageByRole

    init(
        _ example: Example, by program: Compiled<some Module>, _ metric: some Metric, failureScore: Double
    ) async throws {
        let result = await program.run(example.inputs)
        row = EvaluationResult.Row(example: example, outcome: result.outcome)
        usage = result.usage
        switch result.outcome {
        case .success(let prediction): try await judge(prediction, metric, result.trace)
        case .failure(let failure):
            try Task.checkCancellation()
            if failure.fault == .refused { throw failure }
            row.feedback = failure.message
            if failure.fault == .program { row.score = failureScore }
        }
    }

    private mutating func judge(_ prediction: Prediction, _ metric: some Metric, _ trace: [TraceStep]) async throws {
        do {
            let score = try await metric.score(row.example, prediction, trace: trace)
            usage += score.usage
            row.feedback = score.feedback
            if score.score.isFinite { row.score = score.score } else { row.feedback = "the metric returned \(score.score)" }
        } catch let error as CancellationError {
            throw error
        } catch let error as MetricServiceError {
            if error.fault == .refused { throw error }
            usage += error.usage
            row.feedback = error.message
        } catch let error as MetricError {
            usage += error.usage
            row.feedback = error.description
        } catch {
            row.feedback = "\(error)"
        }
    }
}
