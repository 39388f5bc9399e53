package import JSON

/// What the server does besides answering: all of it can be changed by `POST /config` while it runs.
package struct SimulationConfiguration: Sendable {
    /// Median of the log-normal latency in milliseconds; 0 answers at once.
    package var latencyMilliseconds = 0.0
    /// From the first part of a streamed answer to its last.
    package var streamMilliseconds = 0.0
    /// Requests a second before 429; nil is no limit.
    package var requestsPerSecond: Double?
    /// Seconds in the `Retry-After` header of a 429.
    package var retryAfter = 1.0
    /// Shares of requests, 0…1.
    package var faultRate = 0.0
    package var hangRate = 0.0
    /// Requests whose last message holds it are answered with 500, however often they come; nil: none.
    package var faultText: String?
    package var malformedRate = 0.0
    /// What calls may ask for in `response_format`.
    package var responseFormat = ResponseFormat.schema
    /// Every call is answered with 401.
    package var unauthorized = false
    /// How long a training job takes.
    package var finetuneMilliseconds = 1000.0
    /// The models that exist; empty accepts any. Those that training jobs have made exist too.
    package var models: [String] = []

    package init() {}

    /// Applies the members of a JSON object. Throws ``Diagnostics`` that name each bad member, and then changes nothing.
    package mutating func apply(_ json: JSON) throws(Diagnostics) {
        guard let object = json.objectValue else {
            throw Diagnostics([Diagnostic(JSONPath(), "expected an object such as {\"latency_ms\": 50}, found \(json.kindName)")])
        }
        var changed = self
        var findings: [Diagnostic] = []
        for (key, value) in object {
            if let finding = changed.set(key, value) { findings.append(Diagnostic(JSONPath([.key(key)]), finding)) }
        }
        guard findings.isEmpty else { throw Diagnostics(findings) }
        self = changed
    }

    private static let keys = [
        "latency_ms", "stream_ms", "rps", "retry_after", "fault_rate", "fault_text", "hang_rate", "malformed_rate", "response_format",
        "unauthorized", "models", "finetune_ms",
    ]

    /// What is wrong with the value, if anything.
    private mutating func set(_ key: String, _ value: JSON) -> String? {
        func rate(_ path: WritableKeyPath<Self, Double>, limit: Double = 1) -> String? {
            guard let number = value.doubleValue, number >= 0, number <= limit else {
                return limit == 1 ? "expected a share from 0 to 1, found \(value.serialized())" : "expected a number of 0 or more"
            }
            self[keyPath: path] = number
            return nil
        }
        switch key {
        case "finetune_ms": return rate(\.finetuneMilliseconds, limit: 86_400_000)
        case "latency_ms": return rate(\.latencyMilliseconds, limit: 3_600_000)
        case "stream_ms": return rate(\.streamMilliseconds, limit: 3_600_000)
        case "retry_after": return rate(\.retryAfter, limit: 86_400)
        case "fault_rate": return rate(\.faultRate)
        case "fault_text":
            guard value.isNull || value.stringValue?.isEmpty == false else { return "expected a text, or null for none" }
            faultText = value.stringValue
        case "hang_rate": return rate(\.hangRate)
        case "malformed_rate": return rate(\.malformedRate)
        case "rps":
            guard value.isNull || (value.doubleValue ?? -1) >= 0 else {
                return "expected requests a second, or null or 0 for no limit"
            }
            requestsPerSecond = value.doubleValue.flatMap { $0 > 0 ? $0 : nil }
        case "response_format":
            guard let format = value.stringValue.flatMap(ResponseFormat.init) else {
                return "expected \(ResponseFormat.allCases.map(\.rawValue).joined(separator: ", ")), found \(value.serialized())"
            }
            responseFormat = format
        case "unauthorized":
            guard let flag = value.boolValue else { return "expected true or false, found \(value.kindName)" }
            unauthorized = flag
        case "models":
            let names = value.arrayValue?.compactMap(\.stringValue)
            guard let names, names.count == value.arrayValue?.count else { return "expected a list of model names" }
            models = names
        default:
            let hint = nearestName(to: key, in: Self.keys).map { "; did you mean \($0)?" } ?? ""
            return "unknown setting; known are \(Self.keys.joined(separator: ", "))\(hint)"
        }
        return nil
    }
}
