internal import Store

/// Decides what of a study's progress is worth a line where lines cannot be repainted.
struct ProgressLog: Sendable {
    /// At least so many seconds lie between two lines that tell nothing notable.
    static let period = 10.0

    private var last: StudySnapshot?
    private var lastLineAt = 0.0

    /// The lines that `snapshot` adds: first sight, stages begun and ended, a new best, a change of state; else, once a
    /// period, where it stands.
    mutating func lines(for snapshot: StudySnapshot) -> [String] {
        var lines = notable(snapshot)
        if lines.isEmpty, snapshot.elapsed - lastLineAt >= Self.period { lines = [summary(snapshot)] }
        if !lines.isEmpty { lastLineAt = snapshot.elapsed }
        last = snapshot
        return lines.map { "[\(snapshot.elapsed.duration)] \($0)" }
    }

    private func notable(_ snapshot: StudySnapshot) -> [String] {
        var lines: [String] = []
        if last == nil { lines.append("\(snapshot.name.singleLine) (\(snapshot.id))") }
        for index in snapshot.stages.indices { lines += news(ofStage: index, snapshot) }
        let (best, before) = (Standing(snapshot), last.map { Standing($0) })
        let isNews = snapshot.isEnded && best.best?.number != before?.best?.number
        if let score = best.bestScore, isNews || score > before?.bestScore ?? -1, let line = best.line(.plain) {
            lines.append(line)
        }
        lines += snapshot.warnings.dropFirst(last?.warnings.count ?? 0).map(\.text)
        if last?.state != snapshot.state || (last?.message != snapshot.message && snapshot.message != nil) {
            lines.append(snapshot.message.map { "\(snapshot.state): \($0.singleLine)" } ?? snapshot.state)
        }
        return lines
    }

    private func news(ofStage index: Int, _ snapshot: StudySnapshot) -> [String] {
        let stage = snapshot.stages[index]
        let before = last?.stages.firstIndex { $0.stage == stage.stage }
        var lines: [String] = []
        if snapshot.isOver(index) {
            let wasOver = before.map { last?.isOver($0) == true } ?? false
            if !wasOver { lines.append("\(stage.stage) done: \(stage.done) in \(stage.seconds.duration)") }
        } else if before == nil {
            lines.append("\(stage.stage) began")
        }
        return lines
    }

    private func summary(_ snapshot: StudySnapshot) -> String {
        var parts = [snapshot.state]
        if let stage = snapshot.stages.last { parts = ["\(stage.stage) \(stage.done)/\(stage.done + stage.open)"] }
        parts.append("\(snapshot.calls.grouped) calls")
        if let speed = snapshot.callsPerSecond { parts.append("\(speed.fixed(1)) calls/s") }
        if let eta = snapshot.eta { parts.append("about \(eta.duration) left") }
        return parts.joined(separator: ", ")
    }
}
