public import JSON
public import Programs

/// What metrics may use beside the example and the prediction.
public struct MetricServices: Sendable {
    /// The exchange with one child process: a request in, its answer out.
    public typealias Exchange = @Sendable (JSON) async throws -> JSON

    /// Answers the questions of `semantic_f1`, `complete_and_grounded` and `lm_judge`.
    public var judge: (any LanguageModel)?
    /// Compares texts for `embedding_similarity`.
    public var embedding: (any EmbeddingModel)?
    /// Starts the child process of a spec, or finds the one that runs. An exchange that throws a ``ServiceError`` says whose
    /// fault it was; any other error counts as the infrastructure's.
    public var process: (@Sendable (ProcessSpec) throws -> Exchange)?
    /// Metrics written in Swift, by the names that studies use.
    public var registered: [String: any Metric]
    /// Whether a metric is only to be checked: nothing that it would need is missed.
    let isCheck: Bool

    /// What there is; what a metric needs and lacks is said when it is made.
    public init(
        judge: (any LanguageModel)? = nil, embedding: (any EmbeddingModel)? = nil,
        process: (@Sendable (ProcessSpec) throws -> Exchange)? = nil, registered: [String: any Metric] = [:]
    ) {
        self.judge = judge
        self.embedding = embedding
        self.process = process
        self.registered = registered
        isCheck = false
    }

    private init(isCheck: Bool) {
        registered = [:]
        self.isCheck = isCheck
    }

    /// For checking a section where nothing runs. A metric that needs a service throws as soon as it is to score.
    public static let none = MetricServices(isCheck: true)
}

/// A child process that judges predictions, one JSON value per line in each direction.
public struct ProcessSpec: Sendable, Hashable {
    /// The executable and its arguments.
    public var command: [String]
    /// How long one answer may take.
    public var timeout: Duration

    /// How to start it, and how long to wait for an answer.
    public init(command: [String], timeout: Duration = .seconds(60)) {
        self.command = command
        self.timeout = timeout
    }
}
