internal import Evaluation
internal import Foundation
internal import JSON
internal import LanguageModels
internal import Programs
internal import Store
internal import Studies

/// What a study is likely to take, told before it begins.
struct StudyEstimate {
    private let study: Study
    private let cost: StudyCost
    private let likely: CostForecast
    /// nil where only the likely figures are wanted.
    private let bounds: (low: CostForecast, high: CostForecast)?
    private let slots: Int

    /// What a call takes is the provider's affair: so long, until it is known better.
    private static let callSeconds = 1.0
    /// Answers that do not parse and are asked for again, examples that are tried elsewhere.
    private static let repetitions = 1.15
    private static let prudence = 1.1
    /// Of a request beside its prompt.
    private static let frameBytes = 300.0

    /// - Parameters:
    ///   - slots: examples in flight, in all workers together.
    ///   - hasBounds: whether low and high are wanted too: the search is planned three times instead of once.
    init(_ resolved: ResolvedStudy, slots: Int, hasBounds: Bool) async throws {
        study = resolved.study
        cost = try StudyCost()
        self.slots = slots
        @Sendable func forecast(_ quality: Double, _ skill: Double) -> CostForecast {
            CostForecast(
                resolved.study, rows: resolved.rows, quality: quality, teacherSkill: skill, slots: slots,
                callSeconds: Self.callSeconds)
        }
        async let low = hasBounds ? forecast(0.9, 0.95) : nil
        async let high = hasBounds ? forecast(0.35, 0.35) : nil
        likely = forecast(0.65, 0.7)
        bounds = if let low = await low, let high = await high { (low, high) } else { nil }
    }

    /// Of one forecast: nil in dollars where a price is not known.
    private struct Figures {
        var calls = 0.0
        var tokens = 0.0
        var usd: Double? = 0
        var seconds = 0.0

        var json: JSON {
            [
                "calls": .int(Int(calls.rounded())), "tokens": .int(Int(tokens.rounded())), "usd": usd.map(JSON.double) ?? .null,
                "wall_s": .double(seconds),
            ]
        }
    }

    private func figures(_ usage: [Role: CostForecast.Usage], seconds: Double = 0, times factor: Double = 1) -> Figures {
        var sum = Figures(seconds: seconds * factor)
        for (role, used) in usage.map({ ($0.key, $0.value.times(factor)) }) {
            sum.calls += used.calls
            sum.tokens += used.promptTokens + used.completionTokens
            let counted = RoleUsage(
                role: role.rawValue, calls: Int(used.calls), promptTokens: Int(used.promptTokens),
                completionTokens: Int(used.completionTokens))
            sum.usd = sum.usd.flatMap { sum in cost.cost(study, counted).map { sum + $0 } }
        }
        return sum
    }

    /// `low`, `likely` and `high`, in order: chance may turn two of them round. Without bounds the likely figures alone.
    private var range: [(name: String, figures: Figures)] {
        var likely = figures(likely.usage, seconds: likely.seconds)
        likely.seconds = max(likely.seconds, leastSeconds(likely))
        guard let bounds else { return [("likely", likely)] }
        let all = [
            figures(bounds.low.usage, seconds: bounds.low.seconds), likely,
            figures(bounds.high.usage, seconds: bounds.high.seconds, times: Self.repetitions),
        ]
        func sorted(_ value: (Figures) -> Double) -> [Double] { all.map(value).sorted() }
        let (calls, tokens, seconds) = (sorted(\.calls), sorted(\.tokens), sorted { $0.seconds })
        let dollars = all.contains { $0.usd == nil } ? nil : sorted { $0.usd ?? 0 }
        return ["low", "likely", "high"].enumerated().map { index, name in
            var figures = Figures(calls: calls[index], tokens: tokens[index], usd: dollars?[index], seconds: seconds[index])
            figures.seconds = max(figures.seconds, leastSeconds(figures))
            return (name, figures)
        }
    }

    /// What the user's own limits make of it: those of the task's model, which makes most calls.
    private func leastSeconds(_ figures: Figures) -> Double {
        let task = study.models.task
        let seconds = [
            task.requestsPerMinute.map { figures.calls / $0 * 60 }, task.tokensPerMinute.map { figures.tokens / $0 * 60 },
            task.concurrency.map { figures.calls * Self.callSeconds / Double($0) },
        ]
        return seconds.compactMap(\.self).max() ?? 0
    }

    /// As `compile --dry-run --json` prints it.
    var document: JSON {
        let roles = likely.usage.sorted { $0.key.rawValue < $1.key.rawValue }.map { role, usage in
            (role.rawValue, figures([role: usage]).json)
        }
        var document: JSONObject = [
            "study": ["name": .string(study.name)],
            "estimate": .object(JSONObject(range.map { ($0.name, $0.figures.json) })),
            "by_role": .object(
                JSONObject(roles.map { name, json in (name, .object((json.objectValue ?? [:]).filter { $0 != "wall_s" })) })),
            "least": .object((needed(likely.least).json.objectValue ?? [:]).filter { $0 != "wall_s" }),
            "assumed": ["call_s": .double(Self.callSeconds), "in_flight": .int(slots)],
        ]
        if likely.trainings > 0 { document["trainings"] = .int(likely.trainings) }
        let unpriced = likely.usage.filter { figures([$0.key: $0.value]).usd == nil }.compactMap { study.models[$0.key]?.model }
        if !unpriced.isEmpty { document["unpriced"] = .array(Set(unpriced).sorted().map(JSON.string)) }
        return .object(document)
    }

    /// For one useful step. How many calls that takes is known, how long they are is not: a budget that the forecast meets by a
    /// hair would be spent on the baseline, and buy nothing. And no call is let pass, not the last one either, without room for its
    /// worst case: of all roles together the last ones are those of the runs; proposals and bootstrapping come before.
    private func needed(_ usage: [Role: CostForecast.Usage]) -> Figures {
        var needed = figures(usage)
        let isEarly = { (role: Role) in usage.count > 1 && (role == .prompt || role == .teacher) }
        let margins = usage.filter { !isEarly($0.key) }.map { margin(of: $0.key, $0.value) }
        needed.tokens = needed.tokens * Self.prudence + (margins.map(\.tokens).max() ?? 0)
        needed.usd = needed.usd.map { $0 * Self.prudence + (margins.compactMap(\.usd).max() ?? 0) }
        return needed
    }

    /// What the worst case of a role's call is beyond what one takes.
    private func margin(of role: Role, _ usage: CostForecast.Usage) -> Figures {
        guard usage.calls > 0, let settings = study.models[role].flatMap({ try? LanguageModelSettings($0) }) else {
            return Figures()
        }
        let completion = role == .embedding ? 0 : Double(WorstCase.completion(settings))
        // A prompt token is taken for a byte of the request, and there is more in it than the prompt.
        let prompt = (likely.longest[role] ?? 0) * Self.prudence + Self.frameBytes
        let (worst, mean) = (
            figures([role: .init(calls: 1, promptTokens: prompt, completionTokens: completion)]),
            figures([role: usage.times(1 / usage.calls)])
        )
        let usd = worst.usd.flatMap { worst in mean.usd.map { max(0, worst - $0) } }
        return Figures(tokens: max(0, worst.tokens - mean.tokens), usd: usd)
    }

    /// Refuses a budget that would end before one candidate is compared and confirmed.
    func check() throws {
        guard let budget = study.budget else { return }
        func check(_ limits: Budget.Limits, _ usage: [Role: CostForecast.Usage], _ path: String) throws {
            let least = needed(usage)
            func refuse(_ key: String, _ limit: String, _ needed: String) -> CommandFailure {
                CommandFailure(
                    .badInput,
                    """
                    \(path).\(key): \(limit) is too small for one useful step: baseline, a first candidate, its confirmation \
                    and the test need about \(needed); raise it, or use less data
                    """)
            }
            if let limit = limits.lmCalls, least.calls > Double(limit) {
                throw refuse("lm_calls", String(limit), Int(least.calls.rounded(.up)).grouped)
            }
            if let limit = limits.tokens, least.tokens > Double(limit) {
                throw refuse("tokens", String(limit), Int(least.tokens.rounded(.up)).grouped)
            }
            if let limit = limits.usd, let usd = least.usd, usd > limit {
                throw refuse("usd", "$\(limit)", usd.dollarsUp)
            }
        }
        try check(budget.all, likely.least, "budget")
        for (role, limits) in budget.roles {
            try check(limits, likely.least.filter { $0.key == role }, "budget.roles.\(role.rawValue)")
        }
    }
}
