internal import JSON
internal import Optimizers
internal import Store

/// One trial with what it consists of: choices, score, and each predictor's instructions and demos.
struct TrialView: Sendable {
    var style: Style

    /// - Parameters:
    ///   - state: `{path: {"instructions": "…", "demos": [{…}]}}`.
    ///   - messages: a prompt as it is sent, where the caller rendered one.
    func lines(_ trial: TrialRecord, state: JSON, messages: [(role: String, text: String)] = []) -> [String] {
        var lines = head(trial)
        for (path, predictor) in state.objectValue ?? [:] where predictor["instructions"] != nil {
            lines += ["", style.bold(path)] + self.predictor(predictor)
        }
        for (role, text) in messages {
            lines += ["", style.bold("[\(role.singleLine)]")] + text.displayLines
        }
        return lines
    }

    private func head(_ trial: TrialRecord) -> [String] {
        var lines = ["\(style.bold("trial \(trial.number)"))  \(style.dim(trial.candidate))  \(style.state(trial.state))"]
        var score = "not scored yet"
        if let mean = trial.score {
            score = "\(style.bold(mean.percent)) of \(trial.examples.counted("example"))"
            if trial.beliefText == nil, let interval = trial.interval {
                score += "  95 %: \((interval.lower * 100).fixed(1)) to \(interval.upper.percent)"
            }
        }
        if trial.errors > 0 { score += style.yellow("  \(trial.errors.counted("error"))") }
        let params = ParamsText(trial.params).text
        lines.append("  score   \(score)")
        if let belief = trial.beliefText { lines.append("  belief  \(belief)") }
        lines.append("  params  \(params.isEmpty ? "none" : params)")
        lines.append("  from    \(trial.provenance.singleLine)")
        lines.append("  calls   \(trial.calls.grouped)")
        lines.append("  time    \(Moment(trial.createdAt).text)\(trial.finishedAt.map { " to \(Moment($0).text)" } ?? "")")
        return lines
    }

    private func predictor(_ predictor: JSON) -> [String] {
        let instructions = (predictor["instructions"]?.stringValue ?? "").displayLines.map { "    " + $0 }
        let demos = predictor["demos"]?.arrayValue ?? []
        let model = predictor["model"]?.stringValue.map { ["  model   \($0.singleLine)"] } ?? []
        var lines = model + ["  instructions"] + instructions + ["  \(demos.count.counted("demo"))"]
        for (index, demo) in demos.enumerated() {
            for (position, member) in (demo.objectValue ?? [:]).enumerated() {
                let mark = position == 0 ? "\(index + 1).".padded(to: 3, .right) : "   "
                lines.append(
                    "  \(mark) \(style.dim(member.key + ":")) \((member.value.stringValue ?? member.value.serialized(.python)).singleLine)"
                )
            }
        }
        return lines
    }
}
