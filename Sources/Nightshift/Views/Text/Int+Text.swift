/// Counts as people read them.
extension Int {
    /// With a comma between groups of three digits: `12,345`.
    var grouped: String {
        var text = ""
        for (position, digit) in String(magnitude).reversed().enumerated() {
            if position > 0, position % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (self < 0 ? "-" : "") + String(text.reversed())
    }

    /// In three or so digits: `950`, `12.3k`, `4.0M`, `1.2G`.
    var short: String {
        switch magnitude {
        case ..<10_000: String(self)
        case ..<999_950: (Double(self) / 1e3).fixed(1) + "k"
        case ..<999_950_000: (Double(self) / 1e6).fixed(1) + "M"
        default: (Double(self) / 1e9).fixed(1) + "G"
        }
    }

    var twoDigits: String { self < 10 ? "0\(self)" : String(self) }

    /// With its noun: `1 unit`, `3 units`.
    func counted(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}
