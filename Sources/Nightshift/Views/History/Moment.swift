/// A point in time as PostgreSQL writes it (`2026-11-23 03:45:30.123456+00`), shortened to its minute.
struct Moment: Sendable {
    let text: String

    init(_ timestamp: String) {
        let isLong = timestamp.utf8.count > 16 && timestamp.contains(":")
        text = isLong ? String(timestamp.prefix(16).map { $0 == "T" ? " " : $0 }) : timestamp
    }
}
