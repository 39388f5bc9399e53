internal import Programs

/// A value that is made at its first use. Those who ask meanwhile wait for the same one; after a failure the next to ask
/// tries again.
actor SharedBuild<Value: Sendable> {
    private let build: @Sendable () async throws(ServiceError) -> Value
    private var task: Task<Result<Value, ServiceError>, Never>?

    init(_ build: @escaping @Sendable () async throws(ServiceError) -> Value) { self.build = build }

    /// The value, and whether this call was the one that began to make it.
    func value() async throws(ServiceError) -> (value: Value, isNew: Bool) {
        if let task { return (try await result(of: task), false) }
        let build = build
        // Others wait for it too: it must not end with its first caller's cancellation.
        let new = Task.detached { () async -> Result<Value, ServiceError> in
            do throws(ServiceError) { return .success(try await build()) } catch { return .failure(error) }
        }
        task = new
        return (try await result(of: new), true)
    }

    private func result(of running: Task<Result<Value, ServiceError>, Never>) async throws(ServiceError) -> Value {
        switch await running.value {
        case .success(let value): return value
        case .failure(let error):
            if task == running { task = nil }
            throw error
        }
    }
}
