internal import JSON

/// A trial's choices in a line: `intent.predict: instr 2, demos 3; topic: instr 0`.
struct ParamsText: Sendable {
    let text: String

    /// - Parameter params: `{"intent.predict.instructions": 2, "intent.predict.demos": 3}`.
    init(_ params: JSON) {
        var order: [String] = []
        var choices: [String: [String]] = [:]
        for (key, value) in params.objectValue ?? [:] {
            let (path, kind) = Self.parts(of: key)
            if choices[path] == nil { order.append(path) }
            choices[path, default: []].append(kind + " " + (value.stringValue ?? value.serialized(.python)).singleLine)
        }
        text = order.map { path in
            let list = choices[path, default: []].joined(separator: ", ")
            return path.isEmpty ? list : "\(path): \(list)"
        }.joined(separator: "; ")
    }

    private static func parts(of key: String) -> (path: String, kind: String) {
        for (suffix, kind) in [(".instructions", "instr"), (".demos", "demos")] where key.hasSuffix(suffix) {
            return (String(key.dropLast(suffix.count)), kind)
        }
        return ("", key)
    }
}
