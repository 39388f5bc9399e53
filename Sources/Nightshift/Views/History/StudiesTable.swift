internal import Store

/// The team's studies, one a line.
struct StudiesTable: Sendable {
    var style: Style
    /// Columns of the terminal; nil where lines may be of any length.
    var width: Int?

    func lines(_ studies: [StudyLine]) -> [String] {
        guard !studies.isEmpty else { return ["no studies yet; nightshift compile STUDY.yaml starts one"] }
        var table = Table(columns: [
            .init(title: "study"), .init(title: "name", isFlexible: true), .init(title: "state"),
            .init(title: "trials", alignment: .right), .init(title: "units open", alignment: .right),
            .init(title: "in flight", alignment: .right), .init(title: "created"), .init(title: "time", alignment: .right),
            .init(title: "because"),
        ])
        table.rows = studies.map { study in
            [
                study.id, study.name.singleLine, style.state(study.state), study.trials.grouped, study.openUnits.grouped,
                study.leasedUnits.grouped, Moment(study.createdAt).text, study.elapsedSeconds.duration,
                because(study),
            ]
        }
        return table.lines(width: width, style: style)
    }

    private func because(_ study: StudyLine) -> String {
        if let message = study.message { return message.singleLine }
        if let reason = study.finishReason { return reason }
        let wantsLead = ["queued", "running"].contains(study.state)
        return wantsLead && !study.isLed ? "no coordinator: nightshift coordinator" : ""
    }
}
