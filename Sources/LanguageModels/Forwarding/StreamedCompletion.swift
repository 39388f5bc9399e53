internal import JSON

/// Puts the parts of a streamed chat completion together, and takes a whole one apart. A value.
///
/// Parts of a message join as in OpenAI's own clients: texts are appended, lists by their `index`, anything else is replaced.
struct StreamedCompletion: Sendable {
    private var head = JSONObject()
    private var choices: [JSONObject] = []
    private var usage: JSON?

    /// - Returns: whether the part is only about usage, which a caller may not have asked for.
    @discardableResult
    mutating func add(_ part: JSON) -> Bool {
        for (key, value) in part.objectValue ?? [:] where !["choices", "usage", "object", "obfuscation"].contains(key) {
            head[key] = value
        }
        if let usage = part["usage"], !usage.isNull { self.usage = usage }
        let choices = part["choices"]?.arrayValue ?? []
        for (position, choice) in choices.enumerated() { add(choice: choice, at: choice["index"]?.intValue ?? position) }
        return choices.isEmpty && part["usage"]?.isNull == false
    }

    private mutating func add(choice: JSON, at index: Int) {
        guard (0..<1024).contains(index) else { return }
        while choices.count <= index {
            choices.append(["index": .int(choices.count), "message": .object([:]), "finish_reason": .null])
        }
        for (key, value) in choice.objectValue ?? [:] where key != "index" {
            switch key {
            case "delta": choices[index]["message"] = Self.joined(choices[index]["message"] ?? .null, value)
            case "finish_reason": if !value.isNull { choices[index][key] = value }
            default: choices[index][key] = Self.joined(choices[index][key] ?? .null, value)
            }
        }
    }

    /// The whole; nil while a choice has not ended.
    var completion: JSON? {
        guard !choices.isEmpty, choices.allSatisfy({ $0["finish_reason"]?.isNull == false }) else { return nil }
        var whole = head
        whole["object"] = "chat.completion"
        whole["choices"] = .array(choices.map { .object(Self.message(of: $0)) })
        whole["usage"] = usage
        return .object(whole)
    }

    /// A whole message has a role and content, and its tool calls no positions.
    private static func message(of choice: JSONObject) -> JSONObject {
        var choice = choice
        var message = choice["message"]?.objectValue ?? [:]
        message["role"] = message["role"] ?? "assistant"
        message["content"] = message["content"] ?? .null
        if let calls = message["tool_calls"]?.arrayValue {
            message["tool_calls"] = .array(calls.map { .object(($0.objectValue ?? [:]).filter { $0 != "index" }) })
        }
        choice["message"] = .object(message)
        return choice
    }

    private static func joined(_ known: JSON, _ new: JSON) -> JSON {
        switch (known, new) {
        case (.null, _): return new
        case (_, .null): return known
        case (.string(let first), .string(let second)): return .string(first + second)
        case (.object(let first), .object(let second)):
            var all = first
            for (key, value) in second {
                // Names and kinds come once, or again and again the same.
                let isName = ["role", "id", "type", "index"].contains(key)
                all[key] = isName ? value : joined(first[key] ?? .null, value)
            }
            return .object(all)
        case (.array(let first), .array(let second)): return .array(joined(first, second))
        default: return new
        }
    }

    private static func joined(_ known: [JSON], _ new: [JSON]) -> [JSON] {
        var all = known
        for item in new {
            let index = item["index"]
            if index != nil, let position = all.firstIndex(where: { $0["index"] == index }) {
                all[position] = joined(all[position], item)
            } else {
                all.append(item)
            }
        }
        return all
    }

    // MARK: Taking apart

    /// The parts that a client expects of a stream: of every choice its message and its end, then what it took.
    static func parts(of completion: JSON, withUsage: Bool) -> [JSON] {
        var head = JSONObject()
        for (key, value) in completion.objectValue ?? [:] where !["choices", "usage"].contains(key) { head[key] = value }
        head["object"] = "chat.completion.chunk"
        func part(_ choices: [JSON], usage: JSON? = nil) -> JSON {
            var part = head
            part["choices"] = .array(choices)
            part["usage"] = usage ?? (withUsage ? JSON.null : nil)
            return .object(part)
        }
        var parts: [JSON] = []
        for (position, choice) in (completion["choices"]?.arrayValue ?? []).enumerated() {
            let index = choice["index"] ?? .int(position)
            var begin: JSONObject = ["index": index, "delta": delta(of: choice["message"] ?? .null), "finish_reason": .null]
            begin["logprobs"] = choice["logprobs"]
            parts.append(part([.object(begin)]))
            parts.append(part([["index": index, "delta": [:], "finish_reason": choice["finish_reason"] ?? "stop"]]))
        }
        if withUsage { parts.append(part([], usage: completion["usage"] ?? .null)) }
        return parts
    }

    private static func delta(of message: JSON) -> JSON {
        var delta = message.objectValue ?? [:]
        if let calls = delta["tool_calls"]?.arrayValue {
            delta["tool_calls"] = .array(
                calls.enumerated().map { position, call in
                    .object((["index": .int(position)] as JSONObject).merging(call.objectValue ?? [:]))
                })
        }
        return .object(delta)
    }
}
