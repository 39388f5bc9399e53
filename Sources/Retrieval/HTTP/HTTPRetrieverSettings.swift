package import JSON

/// How an HTTP service is asked for passages, and where they stand in its answer.
package struct HTTPRetrieverSettings: Sendable, Hashable {
    package enum Method: String, Sendable, Hashable, CaseIterable {
        /// Query and k as parameters of the address.
        case get
        /// Query and k as members of a JSON object.
        case post
    }

    package var url: String
    package var method = Method.get
    /// What the service calls the query.
    package var query = "query"
    /// What the service calls the number of passages; nil: it is not told.
    package var k: String? = "k"
    /// What is sent beside query and k.
    package var parameters = JSONObject()
    /// Where the list of passages stands in the answer: keys and list positions, with dots between; `$` is the answer itself.
    package var passages = "passages"
    /// Where the text, the id and the score stand in a passage that is an object. One that is a string is the text.
    package var text = "text"
    package var id = "id"
    package var score = "score"
    /// Their values may name environment variables as `${VAR}`, see ``EnvironmentText``.
    package var headers = JSONObject()
    /// Per attempt.
    package var timeout = Duration.seconds(30)

    package init(url: String) { self.url = url }

    /// The environment variables that the headers name.
    package var variables: [String] { headers.values.flatMap { EnvironmentText($0.stringValue ?? "").variables } }
}
