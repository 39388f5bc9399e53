internal import Hashing
public import JSON

/// Demos that are chosen anew for each input: those of the training rows nearest to it.
///
/// The rows are as DSPy's KNNFewShot shows them: the nearest ones as traces, where the teacher succeeded on them, and then the
/// others as they are.
public struct NearestDemos: Sendable, Hashable {
    /// A training row.
    public struct Row: Sendable, Hashable {
        /// All of the row: its inputs, by which it is found, and its labels.
        public var fields: JSONObject
        /// What its trace shows, by the predictor's path; empty where no trace succeeded.
        public var traced: JSONObject

        /// A row of data, and by predictor the demo that a trace of it made.
        public init(fields: JSONObject, traced: JSONObject = [:]) {
            self.fields = fields
            self.traced = traced
        }
    }

    /// How many rows are chosen for an input.
    public let count: Int
    /// At most so many of them are shown as traces.
    public let tracedLimit: Int
    /// At most so many rows are shown in all, unless more are traces.
    public let labelledLimit: Int
    /// The inputs that are compared.
    public let inputNames: [String]
    /// The rows to choose from.
    public let rows: [Row]
    /// Names the pool: 16 hexadecimal digits of the hash of the texts that are compared.
    public let digest: String

    /// The rows to choose from, and how many.
    public init(count: Int, tracedLimit: Int, labelledLimit: Int, inputNames: [String], rows: [Row]) {
        self.count = count
        self.tracedLimit = tracedLimit
        self.labelledLimit = labelledLimit
        self.inputNames = inputNames
        self.rows = rows
        let texts = rows.map { JSON.string(nearnessText(of: $0.fields, inputNames)) }
        digest = String(sha256(JSON.array(texts).bytes(.canonical)).prefix(16))
    }

    /// The rows' texts, in their order: what embeddings are made of.
    public var texts: [String] { rows.map { nearnessText(of: $0.fields, inputNames) } }

    /// An input's text, as those of the rows are written: `question: …`, several with bars between them.
    public func text(of inputs: JSONObject) -> String { nearnessText(of: inputs, inputNames) }

    /// The demos of one predictor.
    /// - Parameter chosen: the numbers of the rows, the nearest first.
    package func demos(of chosen: [Int], at path: String) -> [JSONObject] {
        let traced = chosen.filter { !rows[$0].traced.isEmpty }.prefix(tracedLimit)
        let others = chosen.filter { !traced.contains($0) }.prefix(max(0, labelledLimit - traced.count))
        return traced.compactMap { rows[$0].traced[path]?.objectValue } + others.map { rows[$0].fields }
    }
}

/// As DSPy's KNN writes it.
private func nearnessText(of fields: JSONObject, _ names: [String]) -> String {
    names.compactMap { name in fields[name].map { "\(name): \(pythonText(of: $0))" } }.joined(separator: " | ")
}

extension NearestDemos {
    var json: JSON {
        [
            "k": .int(count), "max_bootstrapped_demos": .int(tracedLimit), "max_labeled_demos": .int(labelledLimit),
            "inputs": .array(inputNames.map { .string($0) }),
            "rows": .array(rows.map { ["fields": .object($0.fields), "traced": .object($0.traced)] }),
        ]
    }

    init(json: JSON, path: JSONPath) throws(Diagnostic) {
        guard let count = json["k"]?.intValue, count > 0, let traced = json["max_bootstrapped_demos"]?.intValue,
            let labelled = json["max_labeled_demos"]?.intValue, let names = json["inputs"]?.arrayValue,
            let members = json["rows"]?.arrayValue
        else {
            throw Diagnostic(
                path, "expected k (at least 1), max_bootstrapped_demos, max_labeled_demos, inputs and rows of the nearest demos")
        }
        var rows: [Row] = []
        for (index, member) in members.enumerated() {
            guard let fields = member["fields"]?.objectValue, let traced = member["traced"]?.objectValue,
                traced.allSatisfy({ $0.value.objectValue != nil })
            else { throw Diagnostic(path.appending("rows").appending(index), "expected fields and traced demos") }
            rows.append(Row(fields: fields, traced: traced))
        }
        self.init(
            count: count, tracedLimit: traced, labelledLimit: labelled, inputNames: names.compactMap(\.stringValue), rows: rows)
    }
}
