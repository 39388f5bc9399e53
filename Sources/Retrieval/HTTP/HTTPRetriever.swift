internal import HTTP
internal import JSON
package import Programs

/// Asks an HTTP service for passages.
package struct HTTPRetriever: Retriever {
    private let settings: HTTPRetrieverSettings
    private let environment: [String: String]
    private let client: ServiceClient

    package init(_ settings: HTTPRetrieverSettings, environment: [String: String], client: ServiceClient = ServiceClient()) {
        self.settings = settings
        self.environment = environment
        self.client = client
    }

    package func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
        guard k > 0 else { return Retrieval(passages: []) }
        let request = try request(query, k: k)
        let body: [UInt8]
        do throws(ServiceError) { body = try await client.send(request) } catch {
            throw ServiceError(error.fault, withoutSecrets(error.message))
        }
        let answer: JSON
        do throws(JSONSyntaxError) { answer = try JSON(parsing: body) } catch {
            throw ServiceError(.infrastructure, "\(settings.url) answered what is no JSON: \(error)")
        }
        return Retrieval(passages: try passages(in: answer, limit: k))
    }

    // MARK: Question

    private func request(_ query: String, k: Int) throws(ServiceError) -> HTTPRequest {
        var parameters = settings.parameters
        parameters[settings.query] = .string(query)
        if let name = settings.k { parameters[name] = .int(k) }
        var request = HTTPRequest(url: settings.url, headers: try headers(), timeout: settings.timeout)
        switch settings.method {
        case .get:
            let pairs = parameters.map { "\(percentEncoded($0.key))=\(percentEncoded($0.value.parameterText))" }
            request.url += (settings.url.contains("?") ? "&" : "?") + pairs.joined(separator: "&")
        case .post:
            request.method = .post
            if !request.headers.contains(where: { $0.0.lowercased() == "content-type" }) {
                request.headers.append(("Content-Type", "application/json"))
            }
            request.body = JSON.object(parameters).bytes()
        }
        return request
    }

    private func headers() throws(ServiceError) -> [(String, String)] {
        var headers = [("Accept", "application/json")]
        for (name, value) in settings.headers {
            let text = EnvironmentText(value.stringValue ?? "")
            guard let value = text.expanded(in: environment) else {
                let missing = text.variables.filter { environment[$0] == nil }.joined(separator: ", ")
                throw ServiceError(
                    .refused, "\(settings.url): set the environment variable \(missing), which the header \(name) needs")
            }
            headers.append((name, value))
        }
        return headers
    }

    // MARK: Answer

    /// A service may repeat in its complaint what it was sent, and complaints are stored.
    private func withoutSecrets(_ text: String) -> String {
        settings.variables.compactMap { environment[$0] }.filter { $0.utf8.count >= 6 }.reduce(text) {
            $0.replacing($1, with: "***")
        }
    }

    private func passages(in answer: JSON, limit: Int) throws(ServiceError) -> [Passage] {
        let list = settings.passages == "$" ? answer : answer.value(at: settings.passages)
        // Some services say null where they have found nothing.
        if let list, list.isNull { return [] }
        guard let elements = list?.arrayValue else {
            let found = list.map { "it is \($0.kindName)" } ?? "the answer is \(answer.outline)"
            throw ServiceError(
                .refused, "\(settings.url): the answer has no list at 'passages: \(settings.passages)'; \(found)")
        }
        var passages: [Passage] = []
        for element in elements.prefix(limit) {
            if let text = element.stringValue {
                passages.append(Passage(text: text))
                continue
            }
            guard let text = element.value(at: settings.text)?.stringValue else {
                throw ServiceError(
                    .refused,
                    "\(settings.url): a passage of the answer has no string at 'text: \(settings.text)'; it is \(element.outline)"
                )
            }
            let id = element.value(at: settings.id)
            passages.append(
                Passage(
                    text: text, id: id?.stringValue ?? id?.intValue.map { String($0) },
                    score: element.value(at: settings.score)?.doubleValue))
        }
        return passages
    }
}

extension JSON {
    /// The value at keys and list positions with dots between, as in `hits.0.text`.
    fileprivate func value(at path: String) -> JSON? {
        path.split(separator: ".").reduce(self as JSON?) { value, step in
            guard let list = value?.arrayValue else { return value?[String(step)] }
            return Int(step).flatMap { list.indices.contains($0) ? list[$0] : nil }
        }
    }

    /// `an object with the keys a, b`, for an error message.
    fileprivate var outline: String {
        guard let keys = objectValue?.keys else { return kindName }
        return "an object with the keys \(keys.prefix(12).joined(separator: ", "))"
    }

    /// As a parameter of an address: strings without quotes.
    fileprivate var parameterText: String { stringValue ?? serialized() }
}

/// All but the unreserved characters of RFC 3986, section 2.3, as `%XX`.
func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            bytes.append(byte)
        default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
