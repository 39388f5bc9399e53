/// Something that turns texts into vectors.
public protocol EmbeddingModel: Sendable {
    /// One vector per text, in the order of the texts, all of one length.
    func embed(_ texts: [String]) async throws(LanguageModelError) -> EmbeddingResponse
}

/// Vectors, and what they took.
public struct EmbeddingResponse: Sendable, Hashable {
    /// In the order of the texts.
    public var vectors: [[Float]]
    /// What the calls took.
    public var usage: Usage

    /// A vector for each text, in their order.
    public init(vectors: [[Float]], usage: Usage = .zero) {
        self.vectors = vectors
        self.usage = usage
    }
}
