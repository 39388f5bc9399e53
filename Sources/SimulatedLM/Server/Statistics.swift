import JSON

/// What `GET /stats` reports, counted since the start or the last reset.
struct Statistics: Sendable {
    /// Answers with 2xx to chat and messages.
    private(set) var calls = 0
    private(set) var inflight = 0
    private(set) var peak = 0
    private(set) var promptTokens = 0
    private(set) var completionTokens = 0
    /// Answers with 429.
    private(set) var rejected = 0
    /// Answers with 500.
    private(set) var faults = 0
    /// Seconds since the epoch.
    private(set) var first: Double?
    private(set) var last: Double?

    mutating func began() {
        inflight += 1
        peak = max(peak, inflight)
    }

    mutating func ended() { inflight -= 1 }
    mutating func refused() { rejected += 1 }
    mutating func failed() { faults += 1 }

    mutating func answered(prompt: Int, completion: Int, at now: Double) {
        calls += 1
        promptTokens += prompt
        completionTokens += completion
        first = first ?? now
        last = now
    }

    /// Requests under way stay counted.
    mutating func reset() {
        let open = inflight
        self = Statistics()
        inflight = open
        peak = open
    }

    var json: JSON {
        [
            "calls": .int(calls), "inflight": .int(inflight), "peak": .int(peak), "prompt_tokens": .int(promptTokens),
            "completion_tokens": .int(completionTokens), "rejected": .int(rejected), "faults": .int(faults),
            "first": first.map { .double($0) } ?? .null, "last": last.map { .double($0) } ?? .null,
        ]
    }
}
