extension Duration {
    /// Whole or decimal numbers with units, longest unit first or not: `9h`, `30m`, `60s`, `500ms`, `1d`, `1h30m`.
    /// Nil for any other text, also for a number without a unit.
    package init?(parsing text: String) {
        var total = 0.0
        var rest = text[...]
        while !rest.isEmpty {
            guard let match = rest.prefixMatch(of: /([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)/), let count = Double(match.output.1)
            else { return nil }
            total += count * Self.seconds(per: match.output.2)
            rest = rest[match.range.upperBound...]
        }
        // A hundred years: beyond it a typing error, and no clock overflows.
        guard !text.isEmpty, total < 3.2e9 else { return nil }
        self = .milliseconds(Int((total * 1000).rounded()))
    }

    private static func seconds(per unit: Substring) -> Double {
        switch unit {
        case "ms": 0.001
        case "s": 1
        case "m": 60
        case "h": 3600
        default: 86400
        }
    }

    var milliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
