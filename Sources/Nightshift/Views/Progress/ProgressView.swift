internal import Store

/// A running study in a few lines: a bar per stage, the best so far, the pace.
struct ProgressView: Sendable {
    var style: Style
    /// Columns of the terminal; no line is wider.
    var width: Int

    private static let widestBar = 30
    private static let narrowestBar = 5

    func lines(_ snapshot: StudySnapshot) -> [String] {
        var lines = standing(snapshot)
        if let notice = notice(snapshot) { lines.append(notice.truncated(to: width)) }
        return lines
    }

    /// All but what needs a person's attention.
    func standing(_ snapshot: StudySnapshot) -> [String] {
        var lines = [title(snapshot)]
        lines += stages(snapshot)
        if let standing = Standing(snapshot).line(style) { lines.append(standing) }
        lines.append(pace(snapshot))
        if let warning = snapshot.warnings.last, !snapshot.isEnded { lines.append(style.yellow(warning.text)) }
        return lines.map { $0.truncated(to: width) }
    }

    private func title(_ snapshot: StudySnapshot) -> String {
        var time = snapshot.elapsed.duration
        if let eta = snapshot.eta, !snapshot.isEnded { time += ", about \(eta.duration) left" }
        return [style.bold(snapshot.name.singleLine), style.dim(snapshot.id), style.state(snapshot.state), time].joined(
            separator: "  ")
    }

    /// One line per stage; the bars take what the texts beside them leave.
    private func stages(_ snapshot: StudySnapshot) -> [String] {
        let names = snapshot.stages.reduce(0) { max($0, $1.stage.columns) }
        let counts = snapshot.stages.map { "\($0.done)/\($0.done + $0.open)" }
        let widestCount = counts.reduce(0) { max($0, $1.columns) }
        let tails = snapshot.stages.indices.map { index in
            let stage = snapshot.stages[index]
            let share = fraction(of: stage, isOver: snapshot.isOver(index))
            return [
                counts[index].padded(to: widestCount, .right), "\(Int(share * 100)) %".padded(to: 5, .right),
                stage.seconds.duration,
            ].joined(separator: "  ")
        }
        let room = width - (2 + names + 2 + 2) - tails.reduce(0) { max($0, $1.columns) }
        let bar = room < Self.narrowestBar ? 0 : min(room, Self.widestBar)
        return snapshot.stages.indices.map { index in
            let stage = snapshot.stages[index]
            let mark = snapshot.isOver(index) ? style.green("✓") : " "
            var parts = ["\(mark) \(stage.stage.padded(to: names))"]
            if bar > 0 {
                parts.append(ProgressBar(fraction: fraction(of: stage, isOver: snapshot.isOver(index)), width: bar).text(style))
            }
            return (parts + [tails[index]]).joined(separator: "  ")
        }
    }

    private func fraction(of stage: StageProgress, isOver: Bool) -> Double {
        let total = stage.done + stage.open
        return total > 0 ? Double(stage.done) / Double(total) : isOver ? 1 : 0
    }

    /// Calls, tokens, speed, and who works.
    private func pace(_ snapshot: StudySnapshot) -> String {
        var parts = ["\(snapshot.calls.grouped) calls"]
        if snapshot.cached > 0 { parts.append("\(snapshot.cached.grouped) cached") }
        parts.append("\((snapshot.promptTokens + snapshot.completionTokens).short) tokens")
        if snapshot.unconfirmedCalls > 0 { parts.append("\(snapshot.unconfirmedCalls.grouped) unconfirmed") }
        if !snapshot.isEnded {
            if let speed = snapshot.callsPerSecond { parts.append("\(speed.fixed(1))/s") }
            parts.append("\(snapshot.leasedUnits.counted("unit")) in flight")
            parts.append(snapshot.workers.counted("worker"))
        }
        return parts.joined(separator: "  ")
    }

    /// What needs a person's attention, if anything does, however long it is.
    func notice(_ snapshot: StudySnapshot) -> String? {
        guard ["paused", "waiting", "failed"].contains(snapshot.state) else { return nil }
        let text = snapshot.message.map { "\(snapshot.state): \($0.singleLine)" } ?? snapshot.state
        return snapshot.state == "failed" ? style.red(text) : style.yellow(text)
    }
}

extension BudgetWarning {
    var text: String { "\(percent) % of \(limit) is used" }
}
