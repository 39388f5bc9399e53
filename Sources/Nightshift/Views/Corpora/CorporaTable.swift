internal import Store

/// The team's corpora, one a line.
struct CorporaTable: Sendable {
    var style: Style
    /// Columns of the terminal; nil where lines may be of any length.
    var width: Int?

    func lines(_ corpora: [CorpusRecord]) -> [String] {
        guard !corpora.isEmpty else { return ["no corpora yet; nightshift corpus load FILE --name NAME loads one"] }
        var table = Table(columns: [
            .init(title: "name", isFlexible: true), .init(title: "passages", alignment: .right), .init(title: "embeddings"),
            .init(title: "loaded"), .init(title: "content"),
        ])
        table.rows = corpora.map { corpus in
            [
                corpus.name?.singleLine ?? "", corpus.size.grouped,
                corpus.embeddings.map(\.model.singleLine).joined(separator: ", "),
                Moment(corpus.loadedAt).text, String(corpus.sha256.prefix(12)),
            ]
        }
        return table.lines(width: width, style: style)
    }
}
