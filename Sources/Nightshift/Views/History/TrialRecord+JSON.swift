internal import JSON
internal import Optimizers
internal import Store

/// A trial as `trials --json` prints it.
func trialJSON(_ trial: TrialRecord) -> JSON {
    [
        "number": .int(trial.number), "candidate": .string(trial.candidate), "params": trial.params,
        "state": .string(trial.state),
        "score": trial.score.map(JSON.double) ?? .null, "examples": .int(trial.examples),
        "posterior": trial.posterior.map(JSON.double) ?? .null,
        "interval": trial.interval.map { [.double($0.lower), .double($0.upper)] } ?? .null,
        "provenance": .string(trial.provenance), "calls": .int(trial.calls), "created_at": .string(trial.createdAt),
        "finished_at": trial.finishedAt.map(JSON.string) ?? .null,
    ]
}
