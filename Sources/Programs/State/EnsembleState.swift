internal import JSON

/// States of a program that answer together with another one: the majority's answer counts.
public struct EnsembleState: Sendable, Hashable {
    /// The others, each as it would answer alone.
    public var partners: [ProgramState]
    /// The output in which answers are compared; nil: their last one.
    public var field: String?

    /// The other members, and the field that they vote on; nil: the last output.
    public init(partners: [ProgramState], field: String? = nil) {
        self.partners = partners
        self.field = field
    }

    var json: JSON {
        [
            "partners": .array(partners.map(\.json)), "reduce_fn": "majority", "field": field.map(JSON.string) ?? .null,
        ]
    }

    init(json: JSON, path: JSONPath) throws(Diagnostic) {
        guard let members = json["partners"]?.arrayValue, !members.isEmpty else {
            throw Diagnostic(path, "expected the partners of an ensemble")
        }
        try Self.check(reduceIn: json, path: path)
        partners = []
        for (index, member) in members.enumerated() {
            do { partners.append(try ProgramState(json: member)) } catch {
                throw Diagnostic(JSONPath(path.appending("partners").appending(index).steps + error.path.steps), error.message)
            }
        }
        field = json["field"]?.stringValue
    }

    static func check(reduceIn json: JSON, path: JSONPath) throws(Diagnostic) {
        let name = json["reduce_fn"] ?? "majority"
        guard name == "majority" else {
            throw Diagnostic(path.appending("reduce_fn"), "\(name.serialized()) is not known; an ensemble answers by majority")
        }
    }
}
