internal import JSON

extension JSON {
    /// The value of an unquoted scalar by the core schema of YAML 1.2: only `true` and `false` are booleans (`yes`, `no`,
    /// `on` and `off` are strings), and only decimal, `0x` and `0o` digits are integers. Infinities and NaN, which JSON
    /// lacks, stay strings.
    init(plainScalar text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE": self = .bool(true)
        case "false", "False", "FALSE": self = .bool(false)
        default: self = Self.number(text) ?? .string(text)
        }
    }

    private static func number(_ text: String) -> JSON? {
        if text.hasPrefix("0x"), let value = Int(digits: text.dropFirst(2), radix: 16) { return .int(value) }
        if text.hasPrefix("0o"), let value = Int(digits: text.dropFirst(2), radix: 8) { return .int(value) }
        guard text.wholeMatch(of: /[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?/) != nil else { return nil }
        if let value = Int(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { return nil }
        return .double(value)
    }
}

extension Int {
    /// Digits only: no sign.
    fileprivate init?(digits: Substring, radix: Int) {
        guard let first = digits.first, first.isHexDigit else { return nil }
        self.init(digits, radix: radix)
    }
}
