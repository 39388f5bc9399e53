/// Says once what a study on a team's database waits for: nothing tells its user otherwise that nobody works there.
struct WaitingHint {
    private let start = ContinuousClock.now
    private var isSaid = false

    mutating func text(for snapshot: StudySnapshot) -> String? {
        guard !isSaid, .now - start > .seconds(5) else { return nil }
        var missing: [String] = []
        if snapshot.state == "queued" { missing.append("no coordinator leads it: run nightshift coordinator on this database") }
        if snapshot.workers == 0 { missing.append("no worker is alive: run nightshift worker, or add --workers N here") }
        guard !snapshot.isEnded, !missing.isEmpty else { return nil }
        isSaid = true
        return "the study waits: \(missing.joined(separator: "; "))"
    }
}
