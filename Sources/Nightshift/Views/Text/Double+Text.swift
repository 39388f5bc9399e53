/// Numbers as people read them.
extension Double {
    /// The number rounded to `digits` decimals, at most 6; an en dash for what is not finite.
    func fixed(_ digits: Int) -> String {
        let scale = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000][Swift.min(digits, 6)]
        let scaled = (magnitude * Double(scale)).rounded()
        guard isFinite, let whole = Int(exactly: scaled) else { return isFinite ? description : "–" }
        let sign = self < 0 && whole != 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        let fraction = String(whole % scale)
        return sign + String(whole / scale) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// As a price that is enough: `$0.86` of 0.851, `$0.0051` of 0.00501.
    var dollarsUp: String {
        let digits = self < 0.1 ? 4 : 2
        let scale: Double = self < 0.1 ? 10_000 : 100
        return "$" + ((self * scale).rounded(.up) / scale).fixed(digits)
    }

    /// A fraction as a percentage: `47.3 %`.
    var percent: String { (self * 100).fixed(1) + " %" }

    /// A difference of fractions in percentage points, with its sign: `+15.8`, `-0.4`, `0.0`.
    var points: String {
        let text = (self * 100).fixed(1)
        return self > 0 && text != "0.0" ? "+" + text : text
    }

    /// Seconds as a duration: `0.4s`, `12s`, `1m 12s`, `2h 05m`, `3d 04h`.
    var duration: String {
        guard isFinite, self < 1e12 else { return "–" }
        guard self >= 9.95 else { return Swift.max(self, 0).fixed(1) + "s" }
        let seconds = Int(rounded())
        return switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m \((seconds % 60).twoDigits)s"
        case ..<86_400: "\(seconds / 3600)h \((seconds / 60 % 60).twoDigits)m"
        default: "\(seconds / 86_400)d \((seconds / 3600 % 24).twoDigits)h"
        }
    }
}
