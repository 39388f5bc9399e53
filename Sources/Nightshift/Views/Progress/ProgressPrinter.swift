/// Shows progress as it changes: repainted in place on a terminal, line by line elsewhere.
struct ProgressPrinter {
    /// Where it is shown.
    enum Surface {
        /// The closure answers columns and rows at each painting, as they may change.
        case terminal(size: () -> (columns: Int, rows: Int))
        case lines
    }

    private let surface: Surface
    private let style: Style
    private let write: (String) -> Void
    private var log = ProgressLog()
    /// What stands on the terminal, from the line of the cursor upwards.
    private var painted: [String] = []

    /// - Parameter write: writes to standard error, unbuffered; each call is one repainting.
    init(surface: Surface, style: Style, write: @escaping (String) -> Void) {
        self.surface = surface
        self.style = style
        self.write = write
    }

    /// On `terminal` where it can be repainted, else by lines.
    init(_ terminal: Terminal, style: Style, write: @escaping (String) -> Void) {
        self.init(surface: terminal.isInteractive ? .terminal { terminal.size } : .lines, style: style, write: write)
    }

    mutating func show(_ snapshot: StudySnapshot) {
        switch surface {
        case .lines:
            let lines = log.lines(for: snapshot)
            if !lines.isEmpty { write(lines.map { $0 + "\n" }.joined()) }
        case .terminal(let size):
            let (columns, rows) = size()
            // A full last column makes some terminals wrap, and a block as high as the terminal makes it scroll.
            let lines = ProgressView(style: style, width: max(columns - 1, 1)).lines(snapshot).suffix(max(rows - 1, 1))
            repaint(Array(lines), columns: columns)
        }
    }

    /// A line that stays: above the progress on a terminal.
    mutating func note(_ line: String) {
        guard case .terminal(let size) = surface, !painted.isEmpty else {
            write(line + "\n")
            return
        }
        let lines = painted
        write(home(columns: size().columns) + line + "\u{1B}[K\n" + Self.block(lines))
    }

    private mutating func repaint(_ lines: [String], columns: Int) {
        guard lines != painted else { return }
        write(home(columns: columns) + Self.block(lines))
        painted = lines
    }

    /// To the first column of the first painted row. A terminal that became narrower has wrapped the lines since.
    private func home(columns: Int) -> String {
        let rows = painted.reduce(0) { $0 + max(1, ($1.columns + columns - 1) / max(columns, 1)) }
        return rows > 0 ? "\r\u{1B}[\(rows)A" : "\r"
    }

    /// The lines over whatever stood there, and nothing below. Erasing only behind each text keeps it from flickering.
    private static func block(_ lines: [String]) -> String { lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J" }
}
