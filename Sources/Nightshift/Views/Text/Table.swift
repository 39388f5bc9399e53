/// Text in aligned columns.
struct Table: Sendable, Equatable {
    enum Alignment: Sendable { case left, right }

    struct Column: Sendable, Equatable {
        var title: String
        var alignment: Alignment = .left
        /// Whether it is the column that gives way where the terminal is narrow.
        var isFlexible = false
    }

    var columns: [Column]
    /// One cell per column; cells may be coloured.
    var rows: [[String]] = []

    private static let gap = 2
    /// A flexible column is not squeezed below this.
    private static let least = 8

    /// The title line and the rows, no wider than `width` columns; nil sets no limit.
    func lines(width: Int? = nil, style: Style) -> [String] {
        let widths = widths(limit: width)
        let titles = line(of: columns.map(\.title), widths: widths)
        return [style.dim(titles)].map { clipped($0, width) } + rows.map { clipped(line(of: $0, widths: widths), width) }
    }

    private func widths(limit: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            rows.reduce(columns[index].title.columns) { max($0, $1[index].columns) }
        }
        guard let limit, let flexible = columns.firstIndex(where: \.isFlexible) else { return widths }
        let excess = widths.reduce(0, +) + Self.gap * (columns.count - 1) - limit
        if excess > 0 { widths[flexible] = max(min(Self.least, widths[flexible]), widths[flexible] - excess) }
        return widths
    }

    private func line(of cells: [String], widths: [Int]) -> String {
        let padded = columns.indices.map { cells[$0].truncated(to: widths[$0]).padded(to: widths[$0], columns[$0].alignment) }
        var line = padded.joined(separator: String(repeating: " ", count: Self.gap))
        while line.last == " " { line.removeLast() }
        return line
    }

    private func clipped(_ line: String, _ width: Int?) -> String { width.map(line.truncated(to:)) ?? line }
}
