package import Programs

/// Turns many texts into vectors, some in each call and some calls at a time.
package struct EmbeddingBatches: Sendable {
    private let model: any EmbeddingModel
    private let size: Int
    private let concurrency: Int

    private typealias Batch = (first: Int, outcome: Result<EmbeddingResponse, ServiceError>)

    package init(_ model: any EmbeddingModel, size: Int = 96, concurrency: Int = 4) {
        self.model = model
        self.size = max(1, size)
        self.concurrency = max(1, concurrency)
    }

    /// Hands over the vectors batch by batch, in the order in which they come; all are of one length.
    ///
    /// - Parameter take: gets the place of the batch's first text, and its vectors.
    /// - Returns: what all calls took.
    package func embed(
        _ texts: [String], take: (_ first: Int, _ vectors: [[Float]]) async throws(ServiceError) -> Void
    ) async throws(ServiceError) -> Usage {
        var usage = Usage.zero
        var dimensions: Int?
        let starts = Array(stride(from: 0, to: texts.count, by: size))
        let failure = await withTaskGroup(of: Batch.self) { group -> ServiceError? in
            var next = 0
            func startNext() {
                guard next < starts.count else { return }
                let (first, model) = (starts[next], model)
                let part = Array(texts[first..<min(first + size, texts.count)])
                next += 1
                group.addTask { (first, await vectors(of: part, by: model)) }
            }
            for _ in 0..<concurrency { startNext() }
            while let batch = await group.next() {
                do throws(ServiceError) {
                    let response = try batch.outcome.get()
                    usage += response.usage
                    try Self.check(response.vectors, dimensions: &dimensions)
                    try await take(batch.first, response.vectors)
                } catch {
                    group.cancelAll()
                    return error
                }
                startNext()
            }
            return nil
        }
        if let failure { throw failure }
        return usage
    }

    private static func check(_ vectors: [[Float]], dimensions: inout Int?) throws(ServiceError) {
        for vector in vectors {
            let expected = dimensions ?? vector.count
            guard !vector.isEmpty, vector.count == expected, vector.allSatisfy(\.isFinite) else {
                throw ServiceError(
                    .refused, "the embedding model answered vectors of different lengths, or with parts that are no numbers")
            }
            dimensions = expected
        }
    }
}

/// One vector per text.
func vectors(of texts: [String], by model: any EmbeddingModel) async -> Result<EmbeddingResponse, ServiceError> {
    do throws(LanguageModelError) {
        let response = try await model.embed(texts)
        guard response.vectors.count == texts.count else {
            let message = "the embedding model answered \(response.vectors.count) vectors for \(texts.count) texts"
            return .failure(ServiceError(.infrastructure, message))
        }
        return .success(response)
    } catch {
        return .failure(ServiceError(error.fault, "the embedding model: \(error.message)"))
    }
}
