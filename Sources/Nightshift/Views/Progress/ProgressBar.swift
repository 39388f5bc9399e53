/// A bar of Unicode blocks, in eighths of a column.
struct ProgressBar: Sendable, Equatable {
    /// 0…1; what is outside counts as the nearer end.
    var fraction: Double
    var width: Int

    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    func text(_ style: Style) -> String {
        guard width > 0 else { return "" }
        let bounded = fraction.isFinite ? min(max(fraction, 0), 1) : 0
        // Down, not to nearest: only what is complete looks complete.
        let filled = Int(bounded * Double(width * 8))
        let blocks = String(repeating: "█", count: filled / 8) + Self.eighths[filled % 8]
        let rest = String(repeating: "░", count: width - (filled + 7) / 8)
        return (bounded < 1 ? style.cyan(blocks) : style.green(blocks)) + style.dim(rest)
    }
}
