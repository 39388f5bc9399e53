internal import Store

/// Where a study stands, once: its progress, its trials by state, its LM usage.
struct StatusView: Sendable {
    var style: Style
    var width: Int

    func lines(_ snapshot: StudySnapshot) -> [String] {
        let progress = ProgressView(style: style, width: width)
        var lines = progress.standing(snapshot)
        // Nothing is repainted here: the reason stands in full, with what to do about it.
        if let notice = progress.notice(snapshot) { lines.append(notice) }
        if snapshot.state == "paused", snapshot.message != nil {
            lines.append("when that is mended: nightshift resume \(snapshot.id)")
        }
        if let reason = snapshot.finishReason { lines.append("ended: \(finishSentence(reason))") }
        lines += snapshot.notes.map { "note: \($0.singleLine)" }
        if !snapshot.trials.isEmpty { lines.append(trials(snapshot.trials).truncated(to: width)) }
        if !snapshot.usage.isEmpty { lines += [""] + usage(snapshot.usage) }
        return lines
    }

    /// `12 trials: 10 complete, 2 running`
    private func trials(_ trials: [TrialRecord]) -> String {
        let states = ["complete", "running", "incomplete", "pruned", "cancelled"]
        let parts = states.compactMap { state in
            let count = trials.count { $0.state == state }
            return count > 0 ? "\(count) \(state)" : nil
        }
        return "\(trials.count.counted("trial")): " + parts.joined(separator: ", ")
    }

    private func usage(_ usage: [UsageRecord]) -> [String] {
        let numbers = ["calls", "attempts", "cached", "prompt tokens", "completion tokens"]
        var table = Table(
            columns: [.init(title: "stage", isFlexible: true), .init(title: "role")]
                + numbers.map { .init(title: $0, alignment: .right) })
        table.rows = usage.map { line in
            [line.stage, line.role]
                + [line.calls, line.attempts, line.cached, line.promptTokens, line.completionTokens].map(\.grouped)
        }
        return table.lines(width: width, style: style)
    }
}
