internal import JSON

/// What a report says, read out of its document.
struct Report: Sendable {
    let document: JSON

    init(_ document: JSON) { self.document = document }

    func value(_ path: String...) -> JSON? { value(path) }
    func text(_ path: String...) -> String? { value(path)?.stringValue }
    func number(_ path: String...) -> Double? { value(path)?.doubleValue }
    func count(_ path: String...) -> Int? { value(path)?.intValue }

    private func value(_ path: [String]) -> JSON? { path.reduce(document) { $0?[$1] } }

    var state: String { text("study", "state") ?? "unknown" }
    var finishReason: String? { text("study", "finish_reason") }
    var bestTrial: Int? { count("best", "trial") }
    /// Whether the search found something better than the uncompiled program.
    var hasWinner: Bool { (bestTrial ?? 0) != 0 }

    /// Two numbers at `path`.
    func interval(_ path: String...) -> (lower: Double, upper: Double)? {
        guard let lower = value(path)?[0]?.doubleValue, let upper = value(path)?[1]?.doubleValue else { return nil }
        return (lower, upper)
    }

    /// Why the study ended, in a sentence without its full stop.
    var stopReason: String {
        finishReason.map(finishSentence)
            ?? text("study", "message")?.singleLine ?? (state == "failed" ? "it failed" : "it has not: the study is \(state)")
    }

    private static let budgetFlags = [
        "budget_calls": "--lm-calls", "budget_tokens": "--tokens", "budget_usd": "--usd", "budget_wall": "--wall",
    ]

    /// What to do with this result, in one line.
    var nextStep: String {
        if state == "failed" { return "nightshift status \(text("study", "id") ?? "STUDY")  shows what failed" }
        if finishReason == "cancelled" {
            return "nightshift compile STUDY.yaml --fresh  starts it anew"
        }
        if let flag = finishReason.flatMap({ Self.budgetFlags[$0] }) {
            return "nightshift budget \(text("study", "id") ?? "STUDY") \(flag) MORE [--role ROLE], then compile again  goes on with the search"
        }
        guard hasWinner else {
            return "try a wider search (--fresh --set optimizer.auto=medium), more training rows, or a stronger model"
        }
        if number("best", "test") == nil { return "add data.test to measure it on rows the search never saw" }
        guard let program = text("program") else {
            return "nightshift export \(text("study", "id") ?? "STUDY")  writes the program"
        }
        return "nightshift run STUDY.yaml --state \(program) --input '{…}'"
    }
}
