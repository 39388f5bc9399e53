/// How text is decorated: with ANSI colours on a terminal, not at all elsewhere.
struct Style: Sendable, Equatable {
    var isColoured: Bool

    static let plain = Style(isColoured: false)
    static let coloured = Style(isColoured: true)

    func bold(_ text: String) -> String { decorated(text, "1") }
    func dim(_ text: String) -> String { decorated(text, "2") }
    func red(_ text: String) -> String { decorated(text, "31") }
    func green(_ text: String) -> String { decorated(text, "32") }
    func yellow(_ text: String) -> String { decorated(text, "33") }
    func cyan(_ text: String) -> String { decorated(text, "36") }

    private func decorated(_ text: String, _ code: String) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// A study's or trial's state in its colour.
    func state(_ state: String) -> String {
        switch state {
        case "finished", "complete": green(state)
        case "failed": red(state)
        case "paused", "waiting", "incomplete", "cancelled": yellow(state)
        case "running": cyan(state)
        default: state
        }
    }

    /// A gain in points, green when it is one and red when it is a loss.
    func gain(_ gain: Double) -> String { gain > 0 ? green(gain.points) : gain < 0 ? red(gain.points) : gain.points }
}
