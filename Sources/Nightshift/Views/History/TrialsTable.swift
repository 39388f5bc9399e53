internal import JSON
internal import Optimizers
internal import Store

/// A study's trials, one a line; the winner is marked, or the best so far.
struct TrialsTable: Sendable {
    var style: Style
    /// Columns of the terminal; nil where lines may be of any length.
    var width: Int?

    /// - Parameter winner: nil while the study has none.
    func lines(_ trials: [TrialRecord], winner: Int? = nil) -> [String] {
        guard !trials.isEmpty else { return ["no trials yet"] }
        let best = Standing(trials, winner: winner).best?.number
        var table = Table(columns: [
            .init(title: "trial", alignment: .right), .init(title: "score", alignment: .right),
            .init(title: "95 %", alignment: .right),
            .init(title: "examples", alignment: .right), .init(title: "errors", alignment: .right),
            .init(title: "calls", alignment: .right),
            .init(title: "state"), .init(title: "params", isFlexible: true), .init(title: "from"),
        ])
        table.rows = trials.map { trial in
            let score = trial.score?.percent ?? "–"
            let belief = trial.beliefText ?? trial.interval.map { "\(($0.lower * 100).fixed(1))…\(($0.upper * 100).fixed(1))" }
            return [
                (trial.number == best ? "* " : "") + String(trial.number), trial.number == best ? style.bold(score) : score,
                belief ?? "–", trial.examples.grouped, trial.errors.grouped, trial.calls.grouped, style.state(trial.state),
                ParamsText(trial.params).text, trial.provenance.singleLine,
            ]
        }
        return table.lines(width: width, style: style)
    }
}
