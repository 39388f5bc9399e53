internal import HTTP

/// What a provider's headers say of its limits: `x-ratelimit-…` (OpenAI and those who speak its API),
/// `anthropic-ratelimit-…`.
package struct ProviderLimits: Sendable, Hashable {
    package var requestsPerMinute: Double?
    package var tokensPerMinute: Double?
    /// Where nothing remains: when something does again.
    package var secondsUntilReset: Double?

    package init(requestsPerMinute: Double? = nil, tokensPerMinute: Double? = nil, secondsUntilReset: Double? = nil) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        self.secondsUntilReset = secondsUntilReset
    }

    /// - Parameter now: seconds since the epoch.
    init(_ headers: HTTPHeaders, now: Double) {
        let fields = Dictionary(
            headers.fields(naming: "ratelimit-").map { ($0.name.lowercased(), $0.value) }
        ) { first, _ in first }
        guard !fields.isEmpty else { return }
        func field(_ what: String, _ of: String) -> String? {
            fields["x-ratelimit-\(what)-\(of)"] ?? fields["anthropic-ratelimit-\(of)-\(what)"]
        }
        // A limit of a day or a second would be read as one of a minute: those names differ (`-requests-day`).
        requestsPerMinute = field("limit", "requests").flatMap(Double.init).flatMap { $0 > 0 ? $0 : nil }
        tokensPerMinute = field("limit", "tokens").flatMap(Double.init).flatMap { $0 > 0 ? $0 : nil }
        for kind in ["requests", "tokens"] where field("remaining", kind).flatMap(Double.init) == 0 {
            guard let reset = field("reset", kind).flatMap({ Self.seconds($0, now: now) }) else { continue }
            secondsUntilReset = max(secondsUntilReset ?? 0, reset)
        }
    }

    /// What an answer does not mention stays as it was.
    func keeping(_ known: ProviderLimits) -> ProviderLimits {
        var limits = self
        limits.requestsPerMinute = requestsPerMinute ?? known.requestsPerMinute
        limits.tokensPerMinute = tokensPerMinute ?? known.tokensPerMinute
        return limits
    }

    /// `1s`, `6m0s`, `20ms`, `1h2m3.5s`; `2026-11-28T19:00:00Z`; plain seconds.
    static func seconds(_ text: String, now: Double) -> Double? {
        if let number = Double(text) { return number >= 0 && number < 1e6 ? number : nil }
        if text.contains("T") { return RetryAfter.epochSeconds(ofTimestamp: text).map { max(0, $0 - now) } }
        var total = 0.0
        var rest = text[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            switch unit {
            case "ms": total += number / 1000
            case "s": total += number
            case "m": total += number * 60
            case "h": total += number * 3600
            case "d": total += number * 86400
            default: return nil
            }
        }
        return text.isEmpty ? nil : total
    }
}
