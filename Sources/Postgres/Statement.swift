/// A statement ready to be sent: its parameters lie in one buffer, each ended by a NUL.
struct Statement: Sendable {
    enum Kind: Sendable {
        /// One statement, planned anew each time, or once per connection under `name`.
        case query(name: String?)
        /// Several statements without parameters (simple mode only).
        case script
    }

    let sql: String
    let kind: Kind
    private let buffer: [UInt8]
    /// Where each parameter starts; nil for NULL.
    private let offsets: [Int?]

    init(script: String) {
        sql = script
        kind = .script
        buffer = []
        offsets = []
    }

    init(_ sql: String, _ parameters: [PostgresValue], name: String?) throws(PostgresError) {
        guard parameters.count <= 65_535 else {
            throw PostgresError(.invalidValue, "\(parameters.count) parameters; PostgreSQL takes 65535 at most", query: sql)
        }
        var buffer: [UInt8] = []
        var offsets: [Int?] = []
        for (index, parameter) in parameters.enumerated() {
            guard let text = parameter.textForm else {
                offsets.append(nil)
                continue
            }
            offsets.append(buffer.count)
            buffer.append(contentsOf: text.utf8)
            // libpq reads up to the first NUL: it would cut the text without a word.
            if buffer[(offsets[index] ?? 0)...].contains(0) {
                let message = "parameter $\(index + 1) contains the character U+0000, which PostgreSQL cannot store"
                throw PostgresError(.invalidValue, message, query: sql)
            }
            buffer.append(0)
        }
        self.sql = sql
        self.buffer = buffer
        self.offsets = offsets
        kind = .query(name: name)
    }

    /// Calls `body` with the count and the C strings of the parameters.
    func withParameters<Result>(_ body: (Int32, [UnsafePointer<CChar>?]) -> Result) -> Result {
        buffer.withUnsafeBytes { bytes in
            let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return body(Int32(offsets.count), offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } })
        }
    }
}
