internal import JSON
internal import Store

/// A study as `studies --json` prints it.
func studyJSON(_ study: StudyLine) -> JSON {
    [
        "id": .string(study.id), "name": .string(study.name), "state": .string(study.state),
        "finish_reason": study.finishReason.map(JSON.string) ?? .null, "message": study.message.map(JSON.string) ?? .null,
        "trials": .int(study.trials), "open_units": .int(study.openUnits), "leased_units": .int(study.leasedUnits),
        "led": .bool(study.isLed), "priority": .int(study.priority), "created_at": .string(study.createdAt),
        "finished_at": study.finishedAt.map(JSON.string) ?? .null,
        "elapsed_s": .double(study.elapsedSeconds),
    ]
}
