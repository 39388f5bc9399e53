internal import Foundation
public import JSON
public import Programs
internal import Retrieval

/// A search service that is asked over HTTP and answers with JSON.
///
///     let api = try HTTPSearch("https://search.example.org/query", passages: "results", text: "body")
public struct HTTPSearch: Retriever {
    /// How the query is sent.
    public enum Method: String, Sendable {
        /// As parameters of the address.
        case get
        /// As members of a JSON object.
        case post
    }

    private let retriever: HTTPRetriever

    /// - Parameters:
    ///   - query: what the service calls the query.
    ///   - k: what it calls the number of passages; nil: it is not told.
    ///   - parameters: what is sent beside these.
    ///   - passages: where the list stands in the answer, with dots between keys; `$`: it is the answer.
    ///   - text: where the text stands in a passage that is an object.
    ///   - headers: their values may name environment variables as `${NAME}`.
    ///   - timeout: of each attempt.
    /// - Throws: everything that is wrong with the settings.
    public init(
        _ url: String, method: Method = .get, query: String = "query", k: String? = "k", parameters: JSONObject = [:],
        passages: String = "passages", text: String = "text", headers: [String: String] = [:], timeout: Duration = .seconds(30)
    ) throws(Diagnostics) {
        var section: JSONObject = [
            "kind": "http", "url": .string(url), "method": .string(method.rawValue), "query": .string(query),
            "k": .string(k ?? ""),
            "passages": .string(passages), "text": .string(text),
        ]
        if !parameters.isEmpty { section["parameters"] = .object(parameters) }
        if !headers.isEmpty {
            section["headers"] = .object(JSONObject(headers.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        }
        let spec = try RetrieverSpec(section: .object(section), path: JSONPath())
        guard case .http(var settings) = spec.content, timeout > .zero else {
            throw Diagnostics([Diagnostic(JSONPath([.key("timeout")]), "must be above zero, not \(timeout)")])
        }
        settings.timeout = timeout
        retriever = HTTPRetriever(settings, environment: ProcessInfo.processInfo.environment)
    }

    /// What the service finds.
    public func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
        try await retriever.retrieve(query, k: k)
    }
}
