public import Programs

/// Why an example cannot be judged: a missing label, a judge whose answer does not parse.
public struct MetricError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String
    /// What a judge wrote, where that is the trouble: each answer to the question, in order.
    public var rawTexts: [String]
    /// What the attempt cost all the same.
    public var usage: UsageByRole

    /// Why the example can't be judged, and what a judge answered.
    public init(_ description: String, rawTexts: [String] = [], usage: UsageByRole = .zero) {
        self.description = description
        self.rawTexts = rawTexts
        self.usage = usage
    }
}

/// Why a judge, an embedding model or a process could not be asked: no fault of the example's.
public struct MetricServiceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// `.infrastructure` is tried again elsewhere, `.budget` in vain, `.refused` pauses the study. Never `.program`: that is a
    /// ``MetricError``.
    public var fault: LanguageModelError.Fault
    /// What happened.
    public var message: String
    /// What the attempt cost all the same.
    public var usage: UsageByRole

    /// Whose fault it is, and what happened.
    public init(_ fault: LanguageModelError.Fault, _ message: String, usage: UsageByRole = .zero) {
        self.fault = fault
        self.message = message
        self.usage = usage
    }

    public var description: String { message }
}

/// Whatever a metric's parts throw, as a ``MetricError`` or a ``MetricServiceError``, with `usage` added.
func metricFailure(_ error: any Error, usage: UsageByRole = .zero) -> any Error {
    func failure(_ fault: LanguageModelError.Fault, _ message: String, rawTexts: [String] = []) -> any Error {
        fault == .program
            ? MetricError(message, rawTexts: rawTexts, usage: usage) : MetricServiceError(fault, message, usage: usage)
    }
    switch error {
    case var error as MetricError:
        error.usage += usage
        return error
    case var error as MetricServiceError:
        error.usage += usage
        return error
    case let error as ServiceError: return failure(error.fault, error.message)
    case let error as RunFailure: return failure(error.fault, "\(error.kind): \(error.message)", rawTexts: error.rawTexts)
    case let error as LanguageModelError: return failure(error.fault, "\(error.kind.rawValue): \(error.message)")
    case is CancellationError: return failure(.infrastructure, "judging was cancelled")
    default: return MetricError("\(error)", usage: usage)
    }
}
