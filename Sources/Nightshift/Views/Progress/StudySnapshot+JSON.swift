internal import JSON
internal import Store

/// A snapshot as `status --json` and `watch --json` print it.
func statusJSON(_ snapshot: StudySnapshot) -> JSON {
    let standing = Standing(snapshot)
    let stages = snapshot.stages.indices.map { index -> JSON in
        let stage = snapshot.stages[index]
        return [
            "stage": .string(stage.stage), "done": .int(stage.done), "open": .int(stage.open), "seconds": .double(stage.seconds),
            "over": .bool(snapshot.isOver(index)),
        ]
    }
    let usage = snapshot.usage.map { line -> JSON in
        [
            "stage": .string(line.stage), "role": .string(line.role), "calls": .int(line.calls), "attempts": .int(line.attempts),
            "cached": .int(line.cached),
            "tokens": ["prompt": .int(line.promptTokens), "completion": .int(line.completionTokens)],
        ]
    }
    return [
        "study": [
            "id": .string(snapshot.id), "name": .string(snapshot.name), "state": .string(snapshot.state),
            "message": snapshot.message.map(JSON.string) ?? .null,
            "finish_reason": snapshot.finishReason.map(JSON.string) ?? .null,
        ],
        "notes": .array(snapshot.notes.map(JSON.string)),
        "baseline": standingJSON(standing.baseline, standing.baseline?.score),
        "best": standingJSON(standing.best, standing.bestScore), "trials": .int(snapshot.trials.count),
        "stages": .array(stages), "usage": .array(usage), "calls": .int(snapshot.calls),
        "unconfirmed_calls": .int(snapshot.unconfirmedCalls),
        "warnings": .array(snapshot.warnings.map { ["limit": .string($0.limit), "percent": .int($0.percent)] }),
        "workers": .int(snapshot.workers),
        "leased_units": .int(snapshot.leasedUnits), "elapsed_s": .double(snapshot.elapsed),
        "calls_per_s": snapshot.callsPerSecond.map(JSON.double) ?? .null, "eta_s": snapshot.eta.map(JSON.double) ?? .null,
    ]
}

private func standingJSON(_ trial: TrialRecord?, _ score: Double?) -> JSON {
    guard let trial, let score else { return .null }
    return ["trial": .int(trial.number), "val": .double(score), "examples": .int(trial.examples)]
}
