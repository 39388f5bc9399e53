internal import JSON
internal import Programs

/// A training job as the provider describes it.
struct OpenAIFinetuningJob: Sendable {
    /// The member of `metadata` that holds the key of the order.
    static let keyName = "nightshift_unit"

    let id: String
    /// Seconds since the epoch.
    let createdAt: Int
    private let status: String
    private let model: String?
    private let fault: String?
    private let key: String?
    private let suffix: String?

    /// Nil for what is no job.
    init?(json: JSON) {
        guard let id = json["id"]?.stringValue, let status = json["status"]?.stringValue else { return nil }
        self.id = id
        self.status = status
        createdAt = json["created_at"]?.doubleValue.map { Int($0) } ?? 0
        model = json["fine_tuned_model"]?.stringValue
        fault = json["error"]?["message"]?.stringValue
        key = json["metadata"]?[Self.keyName]?.stringValue
        suffix = json["user_provided_suffix"]?.stringValue ?? json["suffix"]?.stringValue
    }

    /// Whether it is the job of `order`. Servers that drop metadata are told by the suffix.
    func serves(_ order: FinetuningOrder) -> Bool {
        if let key { return key == order.key }
        return suffix == order.suffix || model?.split(separator: ":").contains(Substring(order.suffix)) == true
    }

    var isCancelled: Bool { status == "cancelled" }

    /// - Parameter now: seconds since the epoch.
    func progress(now: Double, prefix: String) -> FinetuningProgress {
        switch status {
        case "succeeded":
            guard let model, !model.isEmpty else { return .failed("the training job \(id) succeeded without a model") }
            return .succeeded(model: prefix + model)
        case "failed": return .failed("the training job \(id) failed: \(fault ?? "no reason given")")
        case "cancelled": return .failed("the training job \(id) was cancelled")
        default: return .running(since: .seconds(max(0, now - Double(createdAt))))
        }
    }
}

extension [OpenAIFinetuningJob] {
    /// The one that counts where several were begun for one order: the first that was not cancelled, else the first.
    var canonical: OpenAIFinetuningJob? {
        let ordered = sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        return ordered.first { !$0.isCancelled } ?? ordered.first
    }
}
