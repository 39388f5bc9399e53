package import JSON
package import Programs

/// A tool as a study file declares it. It holds no secrets: headers name environment variables, which are read by the process
/// that calls.
package struct ToolSpec: Sendable, Hashable {
    package enum Source: Sendable, Hashable {
        case http(HTTPToolSpec)
        /// A retriever's name, and how many passages are asked for.
        case retriever(String, k: Int)
    }

    /// Letters, digits and underscores.
    package let name: String
    package let description: String
    /// What the model gives.
    package let parameters: [Field]
    package let source: Source
    /// As the study file has it.
    private let section: JSONObject

    /// - Parameters:
    ///   - section: `{http: URL or {url, method, headers, timeout, result}, desc, parameters: {name: type or {type, desc,
    ///     default}}}`, or `{retriever: NAME, k: 3, desc}`.
    ///   - name: its key in the study file.
    /// - Throws: all that is wrong, with paths from the section.
    package init(section: JSON, name: String) throws(Diagnostics) {
        var reader = ToolSectionReader()
        let parts = reader.tool(section, name: name)
        guard let parts, reader.findings.isEmpty else { throw Diagnostics(reader.findings) }
        self.name = name
        description = parts.description
        parameters = parts.parameters
        source = parts.source
        self.section = section.objectValue ?? [:]
    }

    /// The section, with the tool's name as `name`.
    package var json: JSON { .object(JSONObject([("name", .string(name))]).merging(section)) }

    /// Reads what ``json`` writes.
    package init(json: JSON) throws(Diagnostics) {
        guard var section = json.objectValue, let name = section["name"]?.stringValue else {
            throw Diagnostics([Diagnostic(JSONPath(), "a tool is an object with its 'name'")])
        }
        section["name"] = nil
        try self.init(section: .object(section), name: name)
    }
}

/// A request that a model fills in.
package struct HTTPToolSpec: Sendable, Hashable {
    package enum Method: String, Sendable, Hashable, CaseIterable {
        case get
        case post
    }

    package let url: URLTemplate
    package let method: Method
    package let headers: [HeaderTemplate]
    /// Of each attempt.
    package let timeout: Duration
    /// Where in a JSON answer the observation is: keys and list positions.
    package let result: [String]
}
