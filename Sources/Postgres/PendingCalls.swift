/// The calls a connection owes an answer, in the order they were sent. A value without I/O.
///
/// PostgreSQL answers in order, so a call whose caller has gone stays in the queue, without a waiter, until its answer has
/// passed. Of several results of one call the last stands; the first error stands above all.
struct PendingCalls<Waiter, Value> {
    typealias Outcome = Result<Value?, PostgresError>

    struct Call {
        let id: UInt64
        let statement: Statement
        /// Whether a named statement was sent to be planned with this call.
        let prepares: Bool
        var waiter: Waiter?
        var outcome: Outcome = .success(nil)
        /// How many results came without an error.
        var resultCount = 0
    }

    private var calls: [Call?] = []
    private var start = 0
    private var nextID: UInt64 = 0

    var isEmpty: Bool { start == calls.count }
    var count: Int { calls.count - start }
    /// The call whose answer is due.
    var head: Call? { isEmpty ? nil : calls[start] }

    /// Reserves the id of the next call.
    mutating func makeID() -> UInt64 {
        nextID += 1
        return nextID
    }

    mutating func append(_ statement: Statement, id: UInt64, prepares: Bool, waiter: Waiter?) {
        calls.append(Call(id: id, statement: statement, prepares: prepares, waiter: waiter))
    }

    mutating func received(_ value: Value) {
        guard !isEmpty, case .success = calls[start]?.outcome else { return }
        calls[start]?.outcome = .success(value)
        calls[start]?.resultCount += 1
    }

    mutating func received(_ error: PostgresError) {
        guard !isEmpty, case .success = calls[start]?.outcome else { return }
        calls[start]?.outcome = .failure(error)
    }

    /// The answer to the head is complete.
    mutating func finishHead() -> Call? {
        guard !isEmpty else { return nil }
        let call = calls[start]
        calls[start] = nil
        start += 1
        // Dropping the used part only when it is the larger one keeps the cost per call constant.
        if start * 2 > calls.count {
            calls.removeFirst(start)
            start = 0
        }
        return call
    }

    /// Nobody waits for this call any longer; the waiter is handed back.
    mutating func abandon(_ id: UInt64) -> Waiter? {
        guard let index = calls[start...].firstIndex(where: { $0?.id == id }) else { return nil }
        let waiter = calls[index]?.waiter
        calls[index]?.waiter = nil
        return waiter
    }

    mutating func removeAll() -> [Call] {
        defer {
            calls = []
            start = 0
        }
        return calls[start...].compactMap { $0 }
    }
}
