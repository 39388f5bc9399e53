internal import JSON
internal import Programs

/// A metric in a child process. It is given `{"example": {…}, "prediction": {…}, "trace": […] or null}` and answers with
/// `{"score": 0.5, "feedback": "…"}`, with a bare number or boolean, or with `{"error": "…"}` where it cannot judge.
struct ProcessMetric: Metric {
    let spec: ProcessSpec
    let exchange: MetricServices.Exchange?

    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        guard let exchange else { throw MetricServiceError(.refused, "no process can be started here for the metric \(name)") }
        let request: JSON = [
            "example": .object(example.fields), "prediction": .object(prediction.fields),
            "trace": trace.map { .array($0.map(\.json)) } ?? .null,
        ]
        let answer: JSON
        do {
            answer = try await exchange(request)
        } catch let error as ServiceError {
            throw metricFailure(error)
        } catch let error as MetricError {
            throw error
        } catch let error as MetricServiceError {
            throw error
        } catch {
            throw MetricServiceError(.infrastructure, "the metric \(name): \(error)")
        }
        return try score(answer)
    }

    private var name: String { "'\(spec.command.joined(separator: " "))'" }

    private func score(_ answer: JSON) throws(MetricError) -> MetricScore {
        if let error = answer["error"], !error.isNull {
            throw MetricError("the metric \(name): \(error.stringValue ?? error.serialized())")
        }
        let value = answer.objectValue == nil ? answer : answer["score"]
        guard let score = value?.boolValue.map({ $0 ? 1.0 : 0 }) ?? value?.doubleValue, (0...1).contains(score) else {
            throw MetricError("the metric \(name) gave no score from 0 to 1: \(answer.serialized().prefix(200))")
        }
        return MetricScore(score: score, feedback: answer["feedback"]?.stringValue)
    }
}
