package import JSON
package import Optimizers

/// Which data a study uses; the rows themselves are stored beside it.
package struct StudyData: Sendable, Hashable {
    /// The fields of a row that the program gets; the others are labels and notes.
    package var inputs: [String]
    package var splits: [Split: DataFacts]

    package init(inputs: [String], splits: [Split: DataFacts]) {
        self.inputs = inputs
        self.splits = splits
    }

    package func count(_ split: Split) -> Int { splits[split]?.count ?? 0 }

    static let splitOrder: [Split] = [.train, .val, .test]

    package var json: JSON {
        var object: JSONObject = ["inputs": .array(inputs.map(JSON.string))]
        for split in Self.splitOrder { object[split.rawValue] = splits[split]?.json }
        return .object(object)
    }

    init(json: JSON, at path: JSONPath) throws(Diagnostic) {
        guard let inputs = json["inputs"]?.arrayValue else { throw Diagnostic(path, "not stored data") }
        var splits: [Split: DataFacts] = [:]
        for split in Self.splitOrder {
            guard let facts = json[split.rawValue] else { continue }
            splits[split] = try DataFacts(json: facts, at: path.appending(split.rawValue))
        }
        self.init(inputs: inputs.compactMap(\.stringValue), splits: splits)
    }
}
