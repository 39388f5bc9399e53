/// One row of a result: a cheap value that shares the result with its sisters. Values are decoded when asked for.
package struct PostgresRow: Sendable {
    let table: ResultTable
    let index: Int

    package var columnNames: [String] { table.columnNames }

    package func isNull(_ column: String) throws(PostgresError) -> Bool { try optional(column) { _ in true } == nil }

    package func int(_ column: String) throws(PostgresError) -> Int { try required(column, Self.int) }
    package func optionalInt(_ column: String) throws(PostgresError) -> Int? { try optional(column, Self.int) }
    package func double(_ column: String) throws(PostgresError) -> Double { try required(column, Self.double) }
    package func optionalDouble(_ column: String) throws(PostgresError) -> Double? { try optional(column, Self.double) }
    package func bool(_ column: String) throws(PostgresError) -> Bool { try required(column, Self.bool) }
    package func optionalBool(_ column: String) throws(PostgresError) -> Bool? { try optional(column, Self.bool) }
    /// Text, JSON, or any other value in PostgreSQL's text form.
    package func text(_ column: String) throws(PostgresError) -> String { try required(column, Self.text) }
    package func optionalText(_ column: String) throws(PostgresError) -> String? { try optional(column, Self.text) }
    package func bytes(_ column: String) throws(PostgresError) -> [UInt8] { try required(column, Self.bytea) }

    package func intArray(_ column: String) throws(PostgresError) -> [Int] {
        try required(column) { bytes in Self.elements(bytes) { $0.flatMap { Int($0) } } }
    }

    package func doubleArray(_ column: String) throws(PostgresError) -> [Double] {
        try required(column) { bytes in Self.elements(bytes) { $0.flatMap { Double($0) } } }
    }

    package func textArray(_ column: String) throws(PostgresError) -> [String?] {
        try required(column) { ArrayText.decode($0) }
    }

    // MARK: Decoding

    private typealias Bytes = UnsafeBufferPointer<UInt8>

    private func required<Value>(_ column: String, _ decode: (Bytes) -> Value?) throws(PostgresError) -> Value {
        if let value = try optional(column, decode) { return value }
        throw PostgresError(.decoding, "column “\(column)” is NULL where a value of type \(Value.self) is needed")
    }

    private func optional<Value>(_ column: String, _ decode: (Bytes) -> Value?) throws(PostgresError) -> Value? {
        guard let position = table.column(named: column) else {
            let names = columnNames.joined(separator: ", ")
            throw PostgresError(.decoding, "the result has no column “\(column)”; it has: \(names)")
        }
        // The table must outlive the pointer into it.
        return try withExtendedLifetime(table) { () throws(PostgresError) -> Value? in
            guard let bytes = table.bytes(row: index, column: position) else { return nil }
            if let value = decode(bytes) { return value }
            let start = String(decoding: bytes.prefix(40), as: UTF8.self)
            throw PostgresError(.decoding, "column “\(column)” is not of type \(Value.self): \(start)")
        }
    }

    private static func text(_ bytes: Bytes) -> String? { String(decoding: bytes, as: UTF8.self) }
    private static func int(_ bytes: Bytes) -> Int? { Int(String(decoding: bytes, as: UTF8.self)) }
    private static func double(_ bytes: Bytes) -> Double? { Double(String(decoding: bytes, as: UTF8.self)) }

    private static func bool(_ bytes: Bytes) -> Bool? {
        guard bytes.count == 1 else { return nil }
        return switch bytes[0] {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }

    /// `bytea` in its hexadecimal form, `\x00ff`.
    private static func bytea(_ bytes: Bytes) -> [UInt8]? {
        guard bytes.starts(with: "\\x".utf8), bytes.count.isMultiple(of: 2) else { return nil }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count / 2 - 1)
        for position in stride(from: 2, to: bytes.count, by: 2) {
            guard let high = digit(bytes[position]), let low = digit(bytes[position + 1]) else { return nil }
            decoded.append(high << 4 | low)
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// All elements, or nil when one cannot be decoded or is NULL.
    private static func elements<Element>(_ bytes: Bytes, _ decode: (String?) -> Element?) -> [Element]? {
        guard let texts = ArrayText.decode(bytes) else { return nil }
        let elements = texts.compactMap(decode)
        return elements.count == texts.count ? elements : nil
    }
}
