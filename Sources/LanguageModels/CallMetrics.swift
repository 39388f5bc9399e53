internal import CoreMetrics
internal import Programs

/// What a process counts of its LM calls, stage by stage. Nothing happens where it serves no metrics.
enum CallMetrics {
    /// Where an answer was found that needed no request.
    enum Tier: String {
        case memory
        /// The team's cache.
        case team
        /// The same call was under way.
        case shared
    }

    static func found(_ tier: Tier, _ count: Int = 1) {
        guard count > 0 else { return }
        Counter(label: "nightshift_lm_found", dimensions: [("tier", tier.rawValue)]).increment(by: count)
    }

    static func waited(_ reason: CallWait, _ time: Duration) {
        Timer(label: "nightshift_lm_wait", dimensions: [("for", reason.rawValue)]).record(time)
    }

    /// - Parameter outcome: the status of the answer, else what came instead of one.
    static func requested(_ settings: LanguageModelSettings, _ outcome: String, _ time: Duration) {
        let model = [("endpoint", settings.baseURL), ("model", settings.model)]
        Counter(label: "nightshift_lm_requests", dimensions: model + [("outcome", outcome)]).increment()
        Timer(label: "nightshift_lm_request", dimensions: model).record(time)
    }

    static func retried(_ kind: LanguageModelError.Kind) {
        Counter(label: "nightshift_lm_retries", dimensions: [("after", kind.rawValue)]).increment()
    }

    static func refused() { Counter(label: "nightshift_lm_budget_refusals").increment() }

    static func hedged() { Counter(label: "nightshift_lm_hedges").increment() }

    /// The second request was answered first.
    static func hedgeWon() { Counter(label: "nightshift_lm_hedges_won").increment() }
}

extension Timer {
    fileprivate func record(_ time: Duration) { recordNanoseconds(Int64(time / .nanoseconds(1))) }
}
