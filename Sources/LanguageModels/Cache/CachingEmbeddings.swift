internal import Foundation
package import Programs

/// Takes vectors from the cache as far as it has them, and asks for the others in one call.
package struct CachingEmbeddings: EmbeddingModel {
    private let model: any EmbeddingModel
    private let settings: LanguageModelSettings
    private let cache: AnswerCache
    private let origin: CallOrigin

    package init(
        _ model: any EmbeddingModel, _ settings: LanguageModelSettings, cache: AnswerCache, origin: CallOrigin
    ) {
        self.model = model
        self.settings = settings
        self.cache = cache
        self.origin = origin
    }

    package func embed(_ texts: [String]) async throws(LanguageModelError) -> EmbeddingResponse {
        let keys = texts.map { CallKey(embedding: $0, settings) }
        var vectors = await cache.known(keys).compactMapValues(Self.vector)
        var missing: [(key: CallKey, text: String)] = []
        var seen: Set<CallKey> = []
        for (key, text) in zip(keys, texts) where vectors[key] == nil && seen.insert(key).inserted {
            missing.append((key, text))
        }
        var usage = Usage(cached: vectors.isEmpty ? 0 : 1)
        if !missing.isEmpty {
            let response = try await model.embed(missing.map(\.text))
            guard response.vectors.count == missing.count else {
                throw LanguageModelError(
                    .malformedResponse, "\(response.vectors.count) embeddings came for \(missing.count) texts",
                    usage: response.usage)
            }
            usage += response.usage
            for (item, vector) in zip(missing, response.vectors) {
                vectors[item.key] = vector
                keep(vector, of: item.key, tokens: response.usage.promptTokens / missing.count)
            }
        }
        return EmbeddingResponse(vectors: keys.compactMap { vectors[$0] }, usage: usage)
    }

    private func keep(_ vector: [Float], of key: CallKey, tokens: Int) {
        let answer = CachedAnswer(texts: [Self.text(vector)], promptTokens: tokens)
        cache.keep(
            ArchivedAnswer(key: key, answer: answer, origin: origin, model: settings.fullName, endpoint: settings.baseURL))
    }

    /// The components as they are in memory, little-endian: every bit is kept.
    static func text(_ vector: [Float]) -> String {
        var bytes = Data(capacity: 4 * vector.count)
        for component in vector { withUnsafeBytes(of: component.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes.base64EncodedString()
    }

    static func vector(_ answer: CachedAnswer) -> [Float]? {
        guard let text = answer.texts.first, let bytes = Data(base64Encoded: text), bytes.count % 4 == 0, !bytes.isEmpty else {
            return nil
        }
        let octets = [UInt8](bytes)
        return stride(from: 0, to: octets.count, by: 4).map { start in
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(octets[start + $1]) << UInt32(8 * $1) }
            return Float(bitPattern: bits)
        }
    }
}
