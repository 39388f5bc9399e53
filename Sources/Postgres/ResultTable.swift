internal import CLibpq

/// A result of libpq, shared by its rows and freed with the last of them.
///
/// `@unchecked` is safe: the object is only read after its creation, which libpq allows from any thread at once, and it is
/// cleared in `deinit`, when nobody else holds it.
final class ResultTable: @unchecked Sendable {
    private let result: OpaquePointer
    let rowCount: Int

    /// Takes over `result`.
    init(_ result: OpaquePointer) {
        self.result = result
        rowCount = Int(PQntuples(result))
    }

    deinit { PQclear(result) }

    var columnNames: [String] { (0..<PQnfields(result)).map { String(cString: PQfname(result, $0)) } }

    func column(named name: String) -> Int32? {
        name.withCString { name in
            (0..<PQnfields(result)).first { column in
                // Same bytes up to and including the NUL.
                var offset = 0
                guard let other = PQfname(result, column) else { return false }
                while name[offset] == other[offset] {
                    if name[offset] == 0 { return true }
                    offset += 1
                }
                return false
            }
        }
    }

    /// A field of the error this result reports, by its `PG_DIAG_` code.
    func field(_ code: Unicode.Scalar) -> String? {
        PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
    }

    var errorMessage: String {
        let message = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
        return message.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// The bytes of a value in text format; nil for NULL. They live as long as the table.
    func bytes(row: Int, column: Int32) -> UnsafeBufferPointer<UInt8>? {
        let row = Int32(truncatingIfNeeded: row)
        guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else { return nil }
        let count = Int(PQgetlength(result, row, column))
        return UnsafeBufferPointer(start: UnsafeRawPointer(value).assumingMemoryBound(to: UInt8.self), count: count)
    }
}
