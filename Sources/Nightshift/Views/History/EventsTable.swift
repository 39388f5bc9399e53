internal import JSON
internal import Store

/// What happened to a study, one event a line.
struct EventsTable: Sendable {
    var style: Style
    var width: Int?

    func lines(_ events: [EventRecord]) -> [String] {
        guard !events.isEmpty else { return ["nothing yet"] }
        var table = Table(columns: [
            .init(title: "when"), .init(title: "what"), .init(title: "by"), .init(title: "details", isFlexible: true),
        ])
        table.rows = events.map {
            [String($0.at.prefix(19)).replacing("T", with: " "), $0.kind, $0.actor.singleLine, details($0.data)]
        }
        return table.lines(width: width, style: style)
    }

    private func details(_ data: JSON?) -> String {
        (data?.objectValue ?? [:]).filter { $0.value != .null }
            .map { "\($0.key): \($0.value.stringValue ?? $0.value.serialized())" }.joined(separator: ", ").singleLine
    }
}
