internal import CLibpq
internal import Dispatch
internal import EventLoop

/// One connection to PostgreSQL, shared by any number of callers.
///
/// Calls are pipelined: each is a transaction of its own (one statement and one sync), so a caller neither waits for the
/// others nor sees their errors. libpq is touched on the event loop's thread only, where this actor runs. The connection
/// ends when it is closed, lost or no longer referenced.
package actor PostgresConnection {
    package enum Mode: Sendable {
        /// Many calls under way at once.
        case pipeline
        /// One call at a time; scripts and transactions over several calls are possible.
        case simple
    }

    typealias Waiter = CheckedContinuation<Result<ResultTable?, PostgresError>, Never>

    package nonisolated var unownedExecutor: UnownedSerialExecutor { EventLoop.shared.asUnownedSerialExecutor() }

    package nonisolated let mode: Mode
    var handle: OpaquePointer?
    var pending = PendingCalls<Waiter, ResultTable>()
    /// The named statements the server knows, or is about to.
    var prepared: [String: String] = [:]
    var subscribers: [UInt64: Subscriber] = [:]
    var nextSubscriber: UInt64 = 0
    private var watched: Readiness = []
    private var opening: CheckedContinuation<Result<Void, PostgresError>, Never>?
    private var loss = PostgresError(.connectionLost, "the connection is not open")

    private init(mode: Mode) { self.mode = mode }

    isolated deinit { disconnect() }

    /// Whether the connection was closed or lost: it never comes back.
    package var isClosed: Bool { handle == nil }

    /// Connects and logs in, within `connect_timeout` per host of the address.
    package static func connect(_ address: PostgresAddress, mode: Mode = .pipeline) async throws(PostgresError)
        -> PostgresConnection
    {
        let connection = PostgresConnection(mode: mode)
        try await connection.open(address)
        return connection
    }

    /// Closes at once; calls that are still waiting fail with `connectionLost`.
    package func close() { end(PostgresError(.connectionLost, "the connection was closed")) }

    // MARK: Opening

    /// A libpq connection on its way from the thread that made it to the loop.
    ///
    /// `@unchecked` is safe: the maker gives it away and never touches it again.
    private struct Handover: @unchecked Sendable { let handle: OpaquePointer? }

    private func open(_ address: PostgresAddress) async throws(PostgresError) {
        let conninfo = address.conninfo
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                opening = continuation
                // Looking up a host name blocks in libpq, so this does not happen on the loop.
                DispatchQueue.global().async {
                    let handover = Handover(handle: PQconnectdb(conninfo))
                    Task { await self.adopt(handover, to: address) }
                }
            }
        } onCancel: {
            Task { await self.abandonOpening() }
        }
        try outcome.get()
    }

    private func abandonOpening() {
        opening?.resume(returning: .failure(PostgresError(.cancelled, "cancelled while connecting")))
        opening = nil
    }

    private func adopt(_ handover: Handover, to address: PostgresAddress) {
        guard let opening else { return PQfinish(handover.handle) }
        self.opening = nil
        guard let handle = handover.handle, PQstatus(handle) == CONNECTION_OK, PQsetnonblocking(handle, 1) == 0,
            mode == .simple || PQenterPipelineMode(handle) == 1
        else {
            let reason = Self.message(of: handover.handle)
            let code: PostgresError.Code = reason.contains("timeout expired") ? .timeout : .connectionFailed
            PQfinish(handover.handle)
            return opening.resume(returning: .failure(PostgresError(code, "cannot connect to \(address): \(reason)")))
        }
        // Notices would go to standard error.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        self.handle = handle
        watch(.read)
        opening.resume(returning: .success(()))
    }

    static func message(of handle: OpaquePointer?) -> String {
        guard let text = PQerrorMessage(handle) else { return "out of memory" }
        let lines = String(cString: text).split(whereSeparator: \.isNewline)
        return lines.isEmpty ? "the server closed the connection" : lines.joined(separator: " ")
    }

    // MARK: The socket

    private func watch(_ interest: Readiness) {
        guard let handle, interest != watched else { return }
        watched = interest
        EventLoop.shared.watch(PQsocket(handle), for: interest) { [weak self] readiness in
            self?.assumeIsolated { $0.ready(readiness) }
        }
    }

    private func ready(_ readiness: Readiness) {
        if readiness.contains(.read) { receive() }
        flush()
    }

    /// Writes what the socket takes, and comes back when it takes more: replies are read meanwhile.
    func flush() {
        guard let handle else { return }
        switch PQflush(handle) {
        case 0: watch(.read)
        case 1: watch([.read, .write])
        default: end(PostgresError(.connectionLost, Self.message(of: handle)))
        }
    }

    /// Ends the connection: every caller still waiting gets `reason`.
    func end(_ reason: PostgresError) {
        guard handle != nil else { return }
        loss = reason
        disconnect()
        for call in pending.removeAll() {
            // The answer of a call that was already refused is known, though its sync has not come.
            if case .failure(let error) = call.outcome {
                call.waiter?.resume(returning: .failure(error.in(call.statement.sql)))
            } else {
                call.waiter?.resume(returning: .failure(reason.in(call.statement.sql)))
            }
        }
    }

    private func disconnect() {
        if let handle {
            EventLoop.shared.unwatch(PQsocket(handle))
            PQfinish(handle)
        }
        handle = nil
        for subscriber in subscribers.values { subscriber.stream.finish() }
        subscribers = [:]
    }

    /// The libpq connection, or the reason why it is gone.
    func openHandle() throws(PostgresError) -> OpaquePointer {
        guard let handle else { throw loss }
        return handle
    }
}
