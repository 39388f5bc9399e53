/// A size in bytes, as people write it: `500`, `64kB`, `500MB`, `1.5GB`. Units are powers of 1000.
struct ByteCount: Sendable, Hashable {
    let bytes: Int

    private static let units = [("", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12)]

    init(_ bytes: Int) { self.bytes = bytes }

    /// nil for what is no size.
    init?(parsing text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let name = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        let known = Self.units.first { unit in
            let unit = unit.0.lowercased()
            return name == unit || !unit.isEmpty && name == unit.prefix(1) || unit.isEmpty && name == "b"
        }
        guard let number = Double(digits), let known, number * known.1 < 1e18 else { return nil }
        bytes = Int((number * known.1).rounded())
    }

    var text: String {
        let unit = Self.units.last { Double(bytes) >= $0.1 } ?? Self.units[0]
        guard unit.1 > 1 else { return "\(bytes) B" }
        return "\((Double(bytes) / unit.1).fixed(1)) \(unit.0)"
    }
}
