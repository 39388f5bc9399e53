package import JSON

/// The form in which a stored study holds its retrievers.
extension RetrieverSpec {
    package var json: JSON {
        var object: JSONObject = ["kind": .string(kind.rawValue)]
        object["corpus"] = corpus?.json
        switch content {
        case .bm25(_, let parameters): object = object.merging(parameters.json)
        case .postgres(_, let search, let parameters):
            object["search"] = .string(search.rawValue)
            if search == .bm25 { object = object.merging(parameters.json) }
        case .embeddings: break
        case .http(let settings): object = object.merging(settings.json)
        }
        return .object(object)
    }

    /// Reads what ``json`` writes.
    package init(json: JSON) throws(Diagnostic) {
        guard let kind = json["kind"]?.stringValue.flatMap(Kind.init(rawValue:)) else { throw Diagnostic(JSONPath(), notStored) }
        switch kind {
        case .bm25: self.init(.bm25(try CorpusSource(json: json["corpus"]), try BM25Parameters(json: json)))
        case .embeddings: self.init(.embeddings(try CorpusSource(json: json["corpus"])))
        case .postgres:
            guard let search = json["search"]?.stringValue.flatMap(StoredSearch.init(rawValue:)) else {
                throw Diagnostic(JSONPath(), notStored)
            }
            let parameters = search == .bm25 ? try BM25Parameters(json: json) : BM25Parameters()
            self.init(.postgres(try CorpusSource(json: json["corpus"]), search, parameters))
        case .http: self.init(.http(try HTTPRetrieverSettings(json: json)))
        }
    }
}

private let notStored = "not a stored retriever"

extension CorpusSource {
    fileprivate var json: JSON {
        var object = JSONObject()
        switch self {
        case .content(let sha256): object["sha256"] = .string(sha256)
        case .named(let name): object["name"] = .string(name)
        case .file(let path, let text, let id):
            object["file"] = .string(path)
            object["text"] = .string(text)
            object["id"] = id.map(JSON.string)
        }
        return .object(object)
    }

    fileprivate init(json: JSON?) throws(Diagnostic) {
        if let sha256 = json?["sha256"]?.stringValue {
            self = .content(sha256: sha256)
        } else if let name = json?["name"]?.stringValue {
            self = .named(name)
        } else if let path = json?["file"]?.stringValue, let text = json?["text"]?.stringValue {
            self = .file(path: path, text: text, id: json?["id"]?.stringValue)
        } else {
            throw Diagnostic(JSONPath([.key("corpus")]), notStored)
        }
    }
}

extension BM25Parameters {
    fileprivate var json: JSONObject { ["k1": .double(k1), "b": .double(b)] }

    fileprivate init(json: JSON) throws(Diagnostic) {
        guard let k1 = json["k1"]?.doubleValue, let b = json["b"]?.doubleValue else { throw Diagnostic(JSONPath(), notStored) }
        self.init(k1: k1, b: b)
    }
}

extension HTTPRetrieverSettings {
    fileprivate var json: JSONObject {
        [
            "url": .string(url), "method": .string(method.rawValue), "query": .string(query), "k": k.map(JSON.string) ?? .null,
            "parameters": .object(parameters), "passages": .string(passages), "text": .string(text), "id": .string(id),
            "score": .string(score), "headers": .object(headers), "timeout_ms": .int(timeout.milliseconds),
        ]
    }

    fileprivate init(json: JSON) throws(Diagnostic) {
        guard let url = json["url"]?.stringValue, let method = json["method"]?.stringValue.flatMap(Method.init(rawValue:)),
            let query = json["query"]?.stringValue, let parameters = json["parameters"]?.objectValue,
            let passages = json["passages"]?.stringValue, let text = json["text"]?.stringValue, let id = json["id"]?.stringValue,
            let score = json["score"]?.stringValue, let headers = json["headers"]?.objectValue,
            let timeout = json["timeout_ms"]?.intValue
        else { throw Diagnostic(JSONPath(), notStored) }
        self.init(url: url)
        (self.method, self.query, k) = (method, query, json["k"]?.stringValue)
        (self.parameters, self.passages, self.text) = (parameters, passages, text)
        (self.id, self.score, self.headers, self.timeout) = (id, score, headers, .milliseconds(timeout))
    }
}

extension Duration {
    fileprivate var milliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
