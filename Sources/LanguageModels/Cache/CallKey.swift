internal import Hashing
internal import JSON
package import Programs

/// Names a call by all that decides its answer: endpoint, model, messages, the parameters that matter, the rollout, the
/// retry. Never by the API key, so a team shares answers whoever asked first.
package struct CallKey: Sendable, Hashable {
    private let words: SIMD4<UInt64>

    private init(digest: [UInt8]) {
        var words = SIMD4<UInt64>()
        for (position, byte) in digest.prefix(32).enumerated() {
            words[position / 8] = words[position / 8] << 8 | UInt64(byte)
        }
        self.words = words
    }

    /// 64 hexadecimal digits.
    package var text: String {
        (0..<4).map { word in
            let digits = String(words[word], radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Reads what ``text`` writes.
    package init?(text: String) {
        guard text.utf8.count == 64 else { return nil }
        var words = SIMD4<UInt64>()
        var rest = text[...]
        for word in 0..<4 {
            guard let value = UInt64(rest.prefix(16), radix: 16) else { return nil }
            words[word] = value
            rest = rest.dropFirst(16)
        }
        self.words = words
    }

    /// Of a chat request to the model that the settings describe. What the request leaves open comes from the settings.
    /// - Throws: an error of kind `unknownModel` where the request names a model that the endpoint does not serve.
    package init(_ request: ChatRequest, _ settings: LanguageModelSettings) throws(LanguageModelError) {
        let settings = try settings.asking(request.model)
        let temperature = request.temperature ?? settings.temperature
        var input = KeyInput(kind: "chat 1", settings)
        input.add(request.messages.count)
        for message in request.messages {
            input.add(message.role.rawValue)
            input.add(message.content)
        }
        input.add(temperature.map { String($0) })
        input.add((request.maxTokens ?? settings.maxTokens).map { String($0) })
        let stop = request.stop.isEmpty ? settings.stop : request.stop
        input.add(stop.count)
        for text in stop { input.add(text) }
        input.add(request.count)
        // At temperature 0 all rollouts are one draw; without any, the provider's own is above 0.
        input.add(temperature == 0 ? nil : request.rollout.map { String($0) })
        input.add(request.retry)
        switch request.responseFormat {
        case nil: input.add(nil)
        case .jsonObject: input.add("object")
        case .jsonSchema(let name, let schema):
            input.add("schema \(name)")
            input.add(schema.serialized(.canonical))
        }
        self.init(digest: sha256Digest(input.bytes))
    }

    /// Of a call in OpenAI's wire form, by all that its body says.
    /// - Parameter kind: what is asked for; calls of different kinds never share an answer.
    init(forwarded kind: String, _ body: JSONObject, _ settings: LanguageModelSettings) {
        var input = KeyInput(kind: "forwarded \(kind) 1", settings)
        input.add(JSON.object(body).serialized(.canonical))
        self.init(digest: sha256Digest(input.bytes))
    }

    /// Of one text to an embedding model.
    package init(embedding text: String, _ settings: LanguageModelSettings) {
        var input = KeyInput(kind: "embedding 1", settings)
        input.add(text)
        self.init(digest: sha256Digest(input.bytes))
    }
}

/// What is hashed: parts with their lengths, so that no two lists of parts give the same bytes.
private struct KeyInput {
    private(set) var bytes: [UInt8] = []

    /// - Parameter kind: with the number of the key's form: a change of form leaves old answers unused, never misread.
    init(kind: String, _ settings: LanguageModelSettings) {
        bytes.reserveCapacity(4096)
        add(kind)
        add(settings.provider.rawValue)
        add(settings.baseURL)
        add(settings.model)
    }

    mutating func add(_ text: String?) {
        guard let text else { return bytes.append(0) }
        bytes.append(1)
        var length = UInt64(text.utf8.count)
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: length))
            length >>= 8
        }
        bytes.append(contentsOf: text.utf8)
    }

    mutating func add(_ number: Int) { add(String(number)) }
}
