internal import JSON

/// What a compile cost: calls, tokens, money, time.
struct ReportCosts: Sendable {
    private let report: Report

    init(_ report: Report) { self.report = report }

    var rows: [(label: String, text: String)] {
        var rows: [(label: String, text: String)] = []
        if let calls { rows.append(("calls", calls)) }
        for (key, label) in [("by_role", "by role"), ("by_stage", "by stage")] {
            let parts = members("lm", key).compactMap { name, value in value.intValue.map { "\(name) \($0.grouped)" } }
            if !parts.isEmpty { rows.append((label, parts.joined(separator: ", "))) }
        }
        if let prompt = report.count("lm", "tokens", "prompt"), let completion = report.count("lm", "tokens", "completion") {
            rows.append(("tokens", "\(prompt.short) prompt, \(completion.short) completion"))
        }
        if let dollars = report.number("lm", "usd") { rows.append(("cost", "$" + dollars.fixed(dollars < 0.1 ? 4 : 2))) }
        if let unconfirmed { rows.append(("unconfirmed", unconfirmed)) }
        if let time { rows.append(("time", time)) }
        let stages = members("stages").compactMap { name, value in
            value.doubleValue.map { "\(name.hasSuffix("_s") ? String(name.dropLast(2)) : name) \($0.duration)" }
        }
        if !stages.isEmpty { rows.append(("stages", stages.joined(separator: ", "))) }
        return rows
    }

    /// Answered calls, what more was sent, and what needed no call.
    private var calls: String? {
        guard let calls = report.count("lm", "calls") else { return nil }
        var text = "\(calls.grouped) answered"
        if let attempts = report.count("lm", "attempts") { text += " of \(attempts.grouped) sent" }
        if let cached = report.count("lm", "cached"), cached > 0 { text += ", \(cached.grouped) more from the cache" }
        return text
    }

    /// What may have been billed beside what is known; nil where there is no such thing.
    private var unconfirmed: String? {
        guard let calls = report.count("ledger", "unconfirmed", "lm_calls"), calls > 0 else { return nil }
        let dollars = report.number("ledger", "unconfirmed", "usd").map { ", $\($0.fixed($0 < 0.1 ? 4 : 2)) at worst" } ?? ""
        return "\(calls.counted("call")) sent without a known answer\(dollars)"
    }

    private var time: String? {
        let compile = report.number("compile_s").map { "\($0.duration) without set-up and test" }
        guard let wall = report.number("wall_s") else { return compile }
        return ["\(wall.duration) in all", compile].compactMap(\.self).joined(separator: ", ")
    }

    private func members(_ path: String...) -> [(key: String, value: JSON)] {
        let object = path.reduce(report.document as JSON?) { $0?[$1] }
        return object?.objectValue.map { Array($0) } ?? []
    }
}
