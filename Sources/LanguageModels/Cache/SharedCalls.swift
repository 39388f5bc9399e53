/// Who waits for which call, so that identical requests at the same time are one call. A value: it neither calls nor resumes.
///
/// A call whose last waiter leaves is abandoned: nobody joins it any more, and that waiter stays until the call has ended, so
/// that what it cost is not lost.
struct SharedCalls<Waiter> {
    typealias CallID = UInt64
    /// Names one waiter.
    typealias Ticket = UInt64

    enum Leaving {
        /// The others go on; this one is told that it is cancelled.
        case resume(Waiter)
        /// Nobody else wants the answer: end the call.
        case abandon(CallID)
        /// The waiter has its answer, or has not joined yet.
        case nothing
    }

    private struct Call {
        let key: CallKey
        /// In the order in which they joined.
        var waiters: [(ticket: Ticket, waiter: Waiter)]
    }

    private var calls: [CallID: Call] = [:]
    /// The calls that can be joined.
    private var open: [CallKey: CallID] = [:]
    private var callOfTicket: [Ticket: CallID] = [:]
    private var lastID: UInt64 = 0

    var count: Int { calls.count }

    mutating func ticket() -> Ticket {
        lastID += 1
        return lastID
    }

    /// - Returns: the call to begin; nil where one is under way.
    mutating func join(_ key: CallKey, _ ticket: Ticket, _ waiter: Waiter) -> CallID? {
        if let id = open[key] {
            calls[id]?.waiters.append((ticket, waiter))
            callOfTicket[ticket] = id
            return nil
        }
        lastID += 1
        calls[lastID] = Call(key: key, waiters: [(ticket, waiter)])
        open[key] = lastID
        callOfTicket[ticket] = lastID
        return lastID
    }

    mutating func leave(_ ticket: Ticket) -> Leaving {
        guard let id = callOfTicket[ticket], let call = calls[id],
            let position = call.waiters.firstIndex(where: { $0.ticket == ticket })
        else { return .nothing }
        guard call.waiters.count > 1 else {
            if open[call.key] == id { open[call.key] = nil }
            return .abandon(id)
        }
        callOfTicket[ticket] = nil
        return (calls[id]?.waiters.remove(at: position).waiter).map { .resume($0) } ?? .nothing
    }

    /// - Returns: all who wait; the first of them bears the cost.
    mutating func ended(_ id: CallID) -> [Waiter] {
        guard let call = calls.removeValue(forKey: id) else { return [] }
        if open[call.key] == id { open[call.key] = nil }
        for (ticket, _) in call.waiters { callOfTicket[ticket] = nil }
        return call.waiters.map(\.waiter)
    }
}
