package import JSON
package import Optimizers
package import Programs

/// A study that optimises nothing: one state of the program is scored on one split. It travels beside the study's own
/// text, under `evaluation`.
package struct EvaluationRequest: Sendable, Hashable {
    package var split: Split
    package var state: ProgramState

    package init(split: Split, state: ProgramState) {
        self.split = split
        self.state = state
    }

    /// The text to store for `study`.
    package func spec(of study: Study) -> JSON {
        var spec = study.json.objectValue ?? [:]
        spec["evaluation"] = ["split": .string(split.rawValue), "state": state.json]
        return .object(spec)
    }

    /// nil where a stored text asks for no evaluation.
    package init?(spec: JSON) throws(Diagnostic) {
        guard let section = spec["evaluation"] else { return nil }
        guard let split = section["split"]?.stringValue.flatMap(Split.init(rawValue:)) else {
            throw Diagnostic(JSONPath([.key("evaluation")]), "not a stored evaluation")
        }
        self.init(split: split, state: try ProgramState(json: section["state"] ?? .null))
    }
}
