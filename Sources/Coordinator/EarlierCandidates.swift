internal import JSON
internal import Optimizers
internal import Programs
internal import Store
internal import Studies

/// Finds candidates of the team's earlier studies for a study to begin with. They are chosen once: who takes over, or replays,
/// reads the recorded choice.
struct EarlierCandidates {
    let store: Store
    let term: Term
    let study: Study

    func find() async throws -> [EarlierCandidate] {
        let recorded = try await store.sign(term, signature: study.signature)
        guard let wanted = study.optimizer?.warmStart, wanted > 0 else { return [] }
        if let recorded { return try decoded(recorded) }
        let chosen = try await choose(atMost: wanted)
        return try decoded(try await store.choose(term, earlier: .array(chosen.map(\.json))))
    }

    private func choose(atMost wanted: Int) async throws -> [EarlierCandidate] {
        // Some may turn out to be equal once their demos are looked through.
        let records = try await store.earlierCandidates(of: term.study, atMost: 4 * wanted + 16)
        guard !records.isEmpty else { return [] }
        let heldOut = HeldOutRows(inputs: study.data?.inputs ?? [], rows: try await heldOutRows())
        var seen: Set<String> = [study.program.initialState.digest]
        var chosen: [EarlierCandidate] = []
        for record in records where chosen.count < wanted {
            guard let state = heldOut.cleared(try ProgramState(json: record.state)), seen.insert(state.digest).inserted else {
                continue
            }
            chosen.append(
                EarlierCandidate(
                    state: state, provenance: "\(record.name) \(record.id.prefix(8)) trial \(record.trial)", score: record.score,
                    examples: record.examples))
        }
        return chosen
    }

    private func heldOutRows() async throws -> [JSONObject] {
        var rows: [JSONObject] = []
        for split in [Split.val, .test] {
            let numbers = Array(0..<(study.data?.count(split) ?? 0))
            rows += try await store.examples(study: term.study, split: split.rawValue, numbers: numbers).values
        }
        return rows
    }

    private func decoded(_ json: JSON) throws -> [EarlierCandidate] {
        try (json.arrayValue ?? []).map { member in
            guard let provenance = member["provenance"]?.stringValue, let score = member["score"]?.doubleValue,
                let examples = member["examples"]?.intValue
            else { throw StoreError(.malformed, "study \(term.study) has earlier candidates that cannot be read") }
            let state = try ProgramState(json: member["state"] ?? .null)
            return EarlierCandidate(state: state, provenance: provenance, score: score, examples: examples)
        }
    }
}

extension EarlierCandidate {
    fileprivate var json: JSON {
        ["state": state.json, "provenance": .string(provenance), "score": .double(score), "examples": .int(examples)]
    }
}

/// The rows that no demo may come from: a study's validation and test data, by their input fields.
struct HeldOutRows {
    private let inputs: [String]
    /// The inputs of each row.
    private let rows: [[String: String]]

    init(inputs: [String], rows: [JSONObject]) {
        self.inputs = inputs
        self.rows = rows.map { row in
            Dictionary(inputs.map { ($0, Self.text(row[$0])) }) { first, _ in first }
        }
    }

    /// The state without demos that are such rows, or may be; nil of a state that cannot be looked through: models that were
    /// tuned, and demos that are chosen in the run, come from rows that nobody knows here.
    func cleared(_ state: ProgramState) -> ProgramState? {
        guard state.nearestDemos == nil, state.ensemble == nil else { return nil }
        var cleared = state
        for path in state.paths {
            guard var predictor = state[path] else { continue }
            guard predictor.model == nil else { return nil }
            predictor.demos = predictor.demos.filter { !mayBeHeldOut($0) }
            cleared[path] = predictor
        }
        return cleared
    }

    /// Whether a row has the same values in all of the program's inputs that the demo shows. A demo of an inner step may show
    /// none of them: nobody knows which row it comes from.
    private func mayBeHeldOut(_ demo: JSONObject) -> Bool {
        let shown = inputs.compactMap { name in demo[name].map { (name, Self.text($0)) } }
        guard !shown.isEmpty else { return true }
        return rows.contains { row in shown.allSatisfy { row[$0.0] == $0.1 } }
    }

    /// A number in a CSV file is a string, elsewhere it is not.
    private static func text(_ value: JSON?) -> String {
        guard let value else { return "" }
        let text = value.stringValue ?? value.serialized(.canonical)
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
