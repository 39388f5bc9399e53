internal import JSON
internal import Programs

/// Numbers the instructions of every predictor in the order in which they turn up; the original has 0.
struct InstructionNumbers: Sendable {
    private var texts: [String: [String]] = [:]

    init(_ initial: ProgramState) {
        for path in initial.paths { texts[path] = [initial[path]?.instructions ?? ""] }
    }

    /// For the trial table: `{"intent.predict.instructions": 2}`.
    mutating func params(of state: ProgramState) -> JSONObject {
        JSONObject(state.paths.map { path in ("\(path).instructions", .int(number(state[path]?.instructions ?? "", of: path))) })
    }

    private mutating func number(_ text: String, of path: String) -> Int {
        let known = texts[path, default: []]
        if let number = known.firstIndex(of: text) { return number }
        texts[path, default: []].append(text)
        return known.count
    }
}
