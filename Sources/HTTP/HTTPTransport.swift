internal import EventLoop

/// HTTP/1.1 calls over kept connections, any number at once, on the process's event loop.
///
/// Redirects are answers like any other: they are not followed, so no header reaches a host that was not asked for.
/// Proxies are taken from the environment (`https_proxy`, `no_proxy`), as curl does, but never used for this machine itself.
package actor HTTPTransport {
    /// The transport that the process's calls share, and with it their connections.
    package static let shared = HTTPTransport()

    /// How many calls a multi handle takes: for each, libcurl looks through all of its connections.
    private static let callsAtOnce = 256

    private let maxBodyBytes: Int
    /// The first ones are filled first, so that few calls share few connections.
    private var multis: [CurlMulti] = []
    private var nextID: UInt64 = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { EventLoop.shared.asUnownedSerialExecutor() }

    /// - Parameter maxBodyBytes: the largest answer that is taken.
    package init(maxBodyBytes: Int = 64 << 20) { self.maxBodyBytes = maxBodyBytes }

    isolated deinit { for multi in multis { multi.close() } }

    /// Sends a request and waits for the whole answer. Cancelling the task ends the transfer at once.
    ///
    /// A kept connection may turn out to be closed: where it yields not one byte, libcurl repeats the request on a new one.
    /// - Parameter receiver: told what arrives of a body with 2xx as it arrives, on the event loop's thread: it must not block.
    package func send(
        _ request: HTTPRequest, receiver: (@Sendable ([UInt8]) -> Void)? = nil
    ) async throws(HTTPError) -> HTTPResponse {
        nextID += 1
        let id = nextID
        let outcome = await withTaskCancellationHandler {
            await transfer(request, id, receiver)
        } onCancel: {
            Task { await self.cancel(id) }
        }
        return try outcome.get()
    }

    private func transfer(
        _ request: HTTPRequest, _ id: UInt64, _ receiver: (@Sendable ([UInt8]) -> Void)?
    ) async -> CurlTransfer.Outcome {
        // Between this look and the start nothing else runs here: a later cancellation finds the transfer.
        guard !Task.isCancelled else { return .failure(HTTPError(.cancelled, "the request was cancelled")) }
        let multi = multiWithRoom()
        return await withCheckedContinuation { multi.start(request, id: id, receiver: receiver, $0) }
    }

    private func cancel(_ id: UInt64) {
        for multi in multis { multi.cancel(id: id) }
    }

    private func multiWithRoom() -> CurlMulti {
        if let multi = multis.first(where: { $0.calls < Self.callsAtOnce }) { return multi }
        // Calls to another endpoint leave the connections to this one open.
        let multi = CurlMulti(loop: .shared, maxConnections: 2 * Self.callsAtOnce, maxBodyBytes: maxBodyBytes)
        multis.append(multi)
        return multi
    }
}
