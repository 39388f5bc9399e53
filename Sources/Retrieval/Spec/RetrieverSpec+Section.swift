package import JSON

extension RetrieverSpec {
    /// Reads what a study file says of one retriever.
    ///
    /// - Parameter path: where the section stands.
    /// - Throws: everything that is wrong with it.
    package init(section: JSON, path: JSONPath) throws(Diagnostics) {
        var reader = SpecReader(section, path: path, what: "a retriever such as {kind: bm25, corpus: corpus.jsonl}")
        let kind: Kind? = reader.choice("kind")
        if reader.findings.isEmpty, kind == nil {
            reader.refuse("kind", "a retriever needs a kind: \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var content: Content?
        switch kind {
        case .bm25:
            if let corpus = Self.file(&reader) {
                content = .bm25(corpus, Self.parameters(&reader))
            } else {
                _ = Self.parameters(&reader)
            }
        case .embeddings: content = Self.file(&reader).map(Content.embeddings)
        case .postgres: content = Self.stored(&reader)
        case .http: content = Self.service(&reader).map(Content.http)
        case nil: break
        }
        if let kind { reader.refuseOtherKeys(of: "a retriever of the kind \(kind.rawValue)") }
        guard let content, reader.findings.isEmpty else { throw Diagnostics(reader.findings) }
        self.init(content)
    }

    private static func file(_ reader: inout SpecReader) -> CorpusSource? {
        let (path, text, id) = (reader.string("corpus"), reader.string("text"), reader.string("id"))
        guard let path else {
            reader.require(
                "corpus", "the file with the passages: JSON Lines, a JSON array, CSV, or .txt with a passage per line")
            return nil
        }
        return .file(path: path, text: text ?? "text", id: id)
    }

    private static func stored(_ reader: inout SpecReader) -> Content? {
        let name = reader.string("corpus")
        let search: StoredSearch = reader.choice("search") ?? .text
        let parameters = search == .bm25 ? Self.parameters(&reader) : BM25Parameters()
        guard let name else {
            reader.require("corpus", "the name that 'nightshift corpus load FILE --name NAME' gave it")
            return nil
        }
        return .postgres(.named(name), search, parameters)
    }

    private static func parameters(_ reader: inout SpecReader) -> BM25Parameters {
        var parameters = BM25Parameters()
        if let k1 = reader.number("k1", in: 0...100) { parameters.k1 = k1 }
        if let b = reader.number("b", in: 0...1) { parameters.b = b }
        return parameters
    }

    private static func service(_ reader: inout SpecReader) -> HTTPRetrieverSettings? {
        let url = reader.string("url")
        var settings = HTTPRetrieverSettings(url: url ?? "")
        settings.method = reader.choice("method") ?? settings.method
        settings.query = reader.string("query") ?? settings.query
        // `k: ""`: the service is not told how many.
        if let k = reader.string("k", mayBeEmpty: true) { settings.k = k.isEmpty ? nil : k }
        settings.passages = reader.string("passages") ?? settings.passages
        settings.text = reader.string("text") ?? settings.text
        settings.id = reader.string("id") ?? settings.id
        settings.score = reader.string("score") ?? settings.score
        settings.parameters = reader.object("parameters") ?? settings.parameters
        settings.headers = reader.headers("headers") ?? settings.headers
        settings.timeout = reader.duration("timeout") ?? settings.timeout
        guard let url else {
            reader.require("url", "the address of the service")
            return nil
        }
        if let problem = addressProblem(url) { reader.refuse("url", problem) }
        return settings
    }
}

/// What is wrong with the address of a service, as a sentence; nil when nothing is.
package func addressProblem(_ url: String) -> String? {
    guard let mark = url.firstRange(of: "://"), ["http", "https"].contains(url[..<mark.lowerBound].lowercased()) else {
        return "must begin with http:// or https://, not \"\(url)\""
    }
    guard !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { return "holds blanks; write them as %20" }
    let authority = url[mark.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.isEmpty, !authority.hasPrefix(":") else { return "names no host" }
    guard !authority.contains("@") else { return "holds a password, which would be stored; give it as a header with ${VARIABLE}" }
    guard !url.contains("#") else { return "holds a fragment (#…), which is never sent; leave it out" }
    return nil
}
