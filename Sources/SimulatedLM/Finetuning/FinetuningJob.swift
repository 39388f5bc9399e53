import JSON

/// A training job. Where it stands is a function of the time.
struct FinetuningJob: Sendable {
    enum Status: String, Sendable {
        case validating = "validating_files"
        case queued, running, succeeded, failed, cancelled

        var isFinal: Bool { [.succeeded, .failed, .cancelled].contains(self) }
    }

    var id: String
    var request: FinetuningRequest
    /// Seconds since the epoch, as all times here.
    var createdAt: Double
    /// From its creation to its end.
    var duration: Double
    /// What is wrong with the training file; it shows when the file has been looked at.
    var fault: String?
    /// What the training file teaches; empty where it has a fault.
    var lessons: Lessons
    var trainedTokens: Int
    var cancelledAt: Double?

    private static let validation = 0.1
    private static let queueing = 0.25

    func status(at now: Double) -> Status {
        if cancelledAt != nil { return .cancelled }
        let share = duration > 0 ? (now - createdAt) / duration : 1
        if share < Self.validation { return .validating }
        if fault != nil { return .failed }
        return share < Self.queueing ? .queued : share < 1 ? .running : .succeeded
    }

    /// The name of what it makes: `ft:BASE:SUFFIX::ID`.
    var tunedModel: String {
        let base = request.model.hasPrefix("ft:") ? String(request.model.split(separator: ":")[1]) : request.model
        return "ft:\(base):\(request.suffix ?? "personal")::\(id.dropFirst("ftjob-".count))"
    }

    func json(at now: Double) -> JSON {
        let status = status(at: now)
        let end = status == .failed ? createdAt + duration * Self.validation : cancelledAt ?? createdAt + duration
        let error: JSON =
            status == .failed
            ? ["code": "invalid_training_file", "param": "training_file", "message": .string(fault ?? "")] : .null
        return [
            "object": "fine_tuning.job", "id": .string(id), "model": .string(request.model), "created_at": .int(Int(createdAt)),
            "finished_at": status.isFinal ? .int(Int(end)) : .null,
            "fine_tuned_model": status == .succeeded ? .string(tunedModel) : .null, "organization_id": "org-simlm",
            "result_files": [], "status": .string(status.rawValue),
            "validation_file": request.validationFile.map { .string($0) } ?? .null,
            "training_file": .string(request.trainingFile), "hyperparameters": .object(request.hyperparameters),
            "trained_tokens": status == .succeeded ? .int(trainedTokens) : .null, "error": error, "seed": .int(request.seed),
            "estimated_finish": status == .running ? .int(Int(end)) : .null, "integrations": [], "method": request.method,
            "metadata": .object(request.metadata), "user_provided_suffix": request.suffix.map { .string($0) } ?? .null,
        ]
    }
}
