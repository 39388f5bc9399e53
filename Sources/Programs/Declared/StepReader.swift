internal import JSON

/// Reads lists of steps, from a study file or from a stored program.
struct StepReader {
    let surroundings: StepSurroundings

    init(_ surroundings: StepSurroundings) { self.surroundings = surroundings }

    /// nil, after a report, where there is no list of steps.
    func steps(_ value: JSON?, path: JSONPath, reader: inout SectionReader) -> [DeclaredStep]? {
        guard let list = value?.arrayValue, !list.isEmpty else {
            let what = path.steps.count > 1 ? "this step" : "a program"
            reader.report(path, "\(what) needs a list of steps")
            return nil
        }
        return list.enumerated().compactMap { index, entry in
            surroundings.isStored
                ? stored(entry, path: path.appending(index), reader: &reader)
                : named(entry, path: path.appending(index), reader: &reader)
        }
    }

    /// `{topic: {predict: …}}`
    private func named(_ value: JSON, path: JSONPath, reader: inout SectionReader) -> DeclaredStep? {
        guard let entry = value.objectValue, entry.count == 1, let (name, content) = entry.first(where: { _ in true }) else {
            reader.report(path, "a step is one name with its content: `- topic: {predict: \"utterance -> topic\"}`")
            return nil
        }
        let path = path.appending(name)
        reader.check(identifier: name, of: "step", path: path)
        if StateFile.ownKeys.contains(name) {
            reader.report(path, "a compiled program's file has another use for the name '\(name)'; rename the step")
        }
        return step(name, content, path: path, reader: &reader)
    }

    /// `{"name": "topic", "module": "predict", …}`
    private func stored(_ value: JSON, path: JSONPath, reader: inout SectionReader) -> DeclaredStep? {
        guard let name = value["name"]?.stringValue else {
            reader.report(path, "a stored step has a name")
            return nil
        }
        return step(name, value, path: path, reader: &reader)
    }

    /// The step that `value` holds under `name`, its own or that of the step around it.
    func step(_ name: String, _ value: JSON, path: JSONPath, reader: inout SectionReader) -> DeclaredStep? {
        guard let members = reader.object(value, path: path, what: "step '\(name)'"),
            let kind = kind(of: members, name: name, path: path, reader: &reader)
        else { return nil }
        if !surroundings.isStored {
            reader.check(keysOf: members, allowed: [kind.key] + kind.options, path: path, what: "step '\(name)'")
        }
        var section = StepSection(name: name, key: kind.key, members: members, path: path, surroundings: surroundings)
        let content = kind.read(&section)
        reader.take(section.reader)
        return content.map { DeclaredStep(name: name, path: path, content: $0) }
    }

    private func kind(of members: JSONObject, name: String, path: JSONPath, reader: inout SectionReader) -> StepKind? {
        if surroundings.isStored {
            if let kind = StepKind.stored.first(where: { $0.key == members["module"]?.stringValue }) { return kind }
            reader.report(path.appending("module"), "not a kind of step; another version stored this program")
            return nil
        }
        let keys = StepKind.all.map(\.key)
        let found = StepKind.all.filter { members[$0.key] != nil }
        if found.count == 1 { return found[0] }
        guard found.isEmpty else {
            let names = found.map { "'\($0.key)'" }.joined(separator: " and ")
            let around = found.first { $0.options.contains("step") }
            let fix = around.map { "what '\($0.key)' runs belongs under its 'step'" } ?? "keep one"
            reader.report(path, "step '\(name)' is both \(names); \(fix)")
            return nil
        }
        let before = reader.findings.count
        reader.check(keysOf: members, allowed: keys + StepSection.signatureOptions, path: path, what: "step '\(name)'")
        if reader.findings.count == before { reader.report(path, "step '\(name)' needs one of \(keys.joined(separator: ", "))") }
        return nil
    }
}

/// A kind of step: the key that tells it, its other keys, and how it is read.
struct StepKind: Sendable {
    let key: String
    let options: [String]
    let read: @Sendable (inout StepSection) -> (any StepContent)?

    static let all: [StepKind] = [
        StepKind(key: "predict", options: PredictorStep.options) { PredictorStep(&$0, reasons: false) },
        StepKind(key: "chain_of_thought", options: PredictorStep.options) { PredictorStep(&$0, reasons: true) },
        StepKind(key: "react", options: ReActStep.options) { ReActStep(&$0) },
        StepKind(key: "retrieve", options: RetrieveStep.options) { RetrieveStep(&$0) },
        StepKind(key: "program_of_thought", options: ProgramOfThoughtStep.options) { ProgramOfThoughtStep(&$0) },
        StepKind(key: "multi_chain_comparison", options: ComparisonStep.options) { ComparisonStep(&$0) },
        StepKind(key: "majority", options: MajorityStep.options) { MajorityStep(&$0) },
        StepKind(key: "best_of_n", options: BestOfNStep.options) { BestOfNStep(&$0, refines: false) },
        StepKind(key: "refine", options: BestOfNStep.options) { BestOfNStep(&$0, refines: true) },
        StepKind(key: "repeat", options: RepeatStep.options) { RepeatStep(&$0) },
        StepKind(key: "parallel", options: []) { ParallelStep(&$0) },
        StepKind(key: "assert", options: AssertionStep.options) { AssertionStep(&$0, isHard: true) },
        StepKind(key: "suggest", options: AssertionStep.options) { AssertionStep(&$0, isHard: false) },
    ]

    /// In a stored program also the sequence that stands inside other steps.
    static let stored = all + [StepKind(key: SequenceStep.key, options: []) { SequenceStep(&$0) }]
}
