internal import Programs

/// What a search has found, best first.
struct PassagesTable: Sendable {
    var style: Style
    /// Columns of the terminal; nil where lines may be of any length.
    var width: Int?

    func lines(_ passages: [Passage]) -> [String] {
        guard !passages.isEmpty else { return ["nothing found"] }
        var table = Table(columns: [
            .init(title: "score", alignment: .right), .init(title: "id"), .init(title: "text", isFlexible: true),
        ])
        table.rows = passages.map { passage in
            [
                passage.score.map { $0.fixed(4) } ?? "", passage.id?.singleLine ?? "", passage.text.singleLine,
            ]
        }
        return table.lines(width: width, style: style)
    }
}
