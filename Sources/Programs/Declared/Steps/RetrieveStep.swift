internal import JSON

/// `retrieve`: the passages that a retriever of the program finds for a value.
struct RetrieveStep: StepContent {
    static let options = ["k", "query", "with", "as"]

    let retriever: String
    let k: Int
    /// The values of `k` that an optimiser may try; none: it is fixed.
    let choices: [Int]
    /// The value that is the query; nil until the step is wired, where the file leaves it open.
    private var query: String?
    let output: String

    init?(_ section: inout StepSection) {
        let known = section.surroundings.retrievers
        guard let retriever = section.name("retrieve", of: "retriever", known: known, declaredAt: "retrievers"),
            let (k, choices) = section.passageCount()
        else { return nil }
        self.retriever = retriever
        self.k = k
        self.choices = choices
        output = section.string("as") ?? "passages"
        let renamed = section.sources(of: ["query"])["query"]
        query = section.string("query") ?? renamed
        if renamed != nil, section.members["query"] != nil {
            section.report("query", "the query is given twice, here and under 'with'; keep one")
        }
        section.reader.check(identifier: output, of: "value", path: section.path.appending("as"))
    }

    private var source: String { query ?? "query" }

    var json: JSONObject {
        [
            "module": "retrieve", "retrieve": .string(retriever),
            "k": choices.isEmpty ? .int(k) : ["search": .array(choices.map { .int($0) }), "start": .int(k)],
            "query": .string(source), "as": .string(output),
        ]
    }

    var sources: [String] { [source] }
    var outputNames: [String] { [output] }
    var asksModel: Bool { false }

    mutating func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader) {
        if query == nil { query = scope.contains("query") || scope.inputs.count != 1 ? "query" : scope.inputs[0] }
        scope.provide(NameUse(source: source), to: name, path: path, reader: &reader)
    }

    func makeModule(after earlier: [String: any Module]) -> any Module {
        RenamedRetrieval(retrieve: Retrieve(k: k, choices: choices, from: retriever), query: source, output: output)
    }

    var constructor: String { "Retrieve(\"\(retriever)\", k=\(k))" }
}

/// A retrieval whose query and passages are values of the program under names of their own.
private struct RenamedRetrieval: ComposedModule {
    let retrieve: Retrieve
    let query: String
    let output: String

    var parts: [(name: String, part: any Module)] { [("", retrieve)] }

    func forward(_ values: JSONObject) async throws -> Prediction {
        let found = try await retrieve.forward(JSONObject(values[query].map { [("query", $0)] } ?? []))
        return Prediction(fields: JSONObject(found["passages"].map { [(output, $0)] } ?? []))
    }
}

extension StepSection {
    /// `k: 3`, or `k: {search: [1, 3, 5], start: 3}`.
    fileprivate mutating func passageCount() -> (k: Int, choices: [Int])? {
        guard let search = members["k"]?.objectValue else { return count("k", default: 3).map { ($0, []) } }
        let path = path.appending("k")
        let before = reader.findings.count
        reader.check(keysOf: search, allowed: ["search", "start"], path: path, what: "'k'")
        let choices = (search["search"]?.arrayValue ?? []).compactMap(\.intValue)
        if choices.isEmpty || choices.count != search["search"]?.arrayValue?.count || choices.contains(where: { $0 < 1 }) {
            reader.report(path.appending("search"), "'search' is a list of counts of at least 1: {search: [1, 3, 5], start: 3}")
        } else if Set(choices).count < choices.count {
            reader.report(path.appending("search"), "'search' has a count twice")
        }
        let start = search["start"] ?? choices.first.map(JSON.int) ?? .null
        if !choices.isEmpty, !choices.contains(where: { $0 == start.intValue }) {
            reader.report(path.appending("start"), "'start' is one of the counts of 'search', not \(start.serialized())")
        }
        guard reader.findings.count == before, let k = start.intValue else { return nil }
        return (k, choices)
    }
}
