internal import JSON
internal import Store

/// What the team's cache holds, a model a line.
struct CacheTable: Sendable {
    var style: Style
    /// Columns of the terminal; nil where lines may be of any length.
    var width: Int?

    func lines(_ models: [CacheStatistics]) -> [String] {
        guard !models.isEmpty else { return ["the cache is empty: compile fills it"] }
        var table = Table(columns: [
            .init(title: "model"), .init(title: "endpoint", isFlexible: true), .init(title: "answers", alignment: .right),
            .init(title: "size", alignment: .right), .init(title: "tokens", alignment: .right), .init(title: "newest"),
        ])
        table.rows = models.map { model in
            [
                model.model.singleLine, model.endpoint.singleLine, model.answers.grouped, ByteCount(model.bytes).text,
                (model.promptTokens + model.completionTokens).short, Moment(model.newest).text,
            ]
        }
        return table.lines(width: width, style: style)
    }
}

/// `{"answers", "bytes", "tokens": {"prompt", "completion"}, "models": [{"model", "endpoint", …}]}`.
func cacheJSON(_ models: [CacheStatistics]) -> JSON {
    func sum(_ value: KeyPath<CacheStatistics, Int>) -> JSON { .int(models.reduce(0) { $0 + $1[keyPath: value] }) }
    return [
        "answers": sum(\.answers), "bytes": sum(\.bytes),
        "tokens": ["prompt": sum(\.promptTokens), "completion": sum(\.completionTokens)],
        "models": .array(
            models.map { model in
                [
                    "model": .string(model.model), "endpoint": .string(model.endpoint), "answers": .int(model.answers),
                    "bytes": .int(model.bytes),
                    "tokens": ["prompt": .int(model.promptTokens), "completion": .int(model.completionTokens)],
                    "oldest": .string(model.oldest), "newest": .string(model.newest),
                ]
            }),
    ]
}
