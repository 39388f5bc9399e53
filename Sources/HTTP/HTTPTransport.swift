internal import EventLoop

/// HTTP/1.1 calls over kept connections, any number at once, on the process's event loop.
///
/// Redirects are answers like any other: they are not followed, so no header reaches a host that was not asked for.
/// Proxies are taken from the environment (`https_proxy`, `no_proxy`), as curl does, but never used for this machine itself.
package actor HTTPTransport {
    /// The transport that the process's calls share, and with it their connections.
    package static let shared = HTTPTransport()

    private let maxConnections: Int
    private let maxBodyBytes: Int
    private var multi: CurlMulti?
    private var nextID: UInt64 = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { EventLoop.shared.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - maxConnections: how many open connections are kept for reuse; with fewer than calls in flight they churn.
    ///   - maxBodyBytes: the largest answer that is taken.
    package init(maxConnections: Int = 16_384, maxBodyBytes: Int = 64 << 20) {
        self.maxConnections = maxConnections
        self.maxBodyBytes = maxBodyBytes
    }

    isolated deinit { multi?.close() }

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
        let multi = openMulti()
        return await withCheckedContinuation { multi.start(request, id: id, receiver: receiver, $0) }
    }

    private func cancel(_ id: UInt64) { multi?.cancel(id: id) }

    private func openMulti() -> CurlMulti {
        if let multi { return multi }
        let multi = CurlMulti(loop: .shared, maxConnections: maxConnections, maxBodyBytes: maxBodyBytes)
        self.multi = multi
        return multi
    }
}
