internal import CLibcurl
internal import EventLoop
internal import Glibc

/// libcurl's multi handle on an event loop: the loop tells it which sockets are ready and when its timer is due.
///
/// Belongs to the loop's thread.
final class CurlMulti {
    private let loop: EventLoop
    private let handle: UnsafeMutableRawPointer
    private let maxBodyBytes: Int
    private var timer: EventLoop.Timer?
    private var watched: Set<Int32> = []
    private var active: [UInt64: CurlTransfer] = [:]
    private var idle: [CurlTransfer] = []

    /// How many are under way.
    var calls: Int { active.count }

    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// - Parameters:
    ///   - maxConnections: how many open connections are kept for reuse; with fewer than calls in flight they churn.
    ///   - maxBodyBytes: the largest answer that is taken.
    init(loop: EventLoop, maxConnections: Int, maxBodyBytes: Int) {
        precondition(Self.isReady, "libcurl could not be initialised")
        guard let handle = curl_multi_init() else { preconditionFailure("out of memory: no curl handle") }
        self.loop = loop
        self.handle = handle
        self.maxBodyBytes = maxBodyBytes
        Self.blockBrokenPipeSignal()
        nightshift_multi_set_long(handle, CURLMOPT_MAXCONNECTS, maxConnections)
        nightshift_multi_set_callbacks(
            handle,
            { _, socket, what, context, _ in
                guard let context else { return 0 }
                Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().watch(socket, what)
                return 0
            },
            { _, milliseconds, context in
                guard let context else { return 0 }
                Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Writing to a connection that the peer closed is an error, not a signal. Only this thread writes.
    private static func blockBrokenPipeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Closes all connections. No transfer may be under way.
    func close() {
        precondition(active.isEmpty, "a transfer outlives its transport")
        nightshift_multi_set_callbacks(handle, nil, nil, nil)
        for descriptor in watched { loop.unwatch(descriptor) }
        if let timer { loop.cancel(timer) }
        idle = []
        curl_multi_cleanup(handle)
    }

    // MARK: Transfers

    /// Starts a transfer; `continuation` is resumed exactly once, after the last call of `receiver`.
    func start(
        _ request: HTTPRequest, id: UInt64, receiver: (@Sendable ([UInt8]) -> Void)?,
        _ continuation: CheckedContinuation<CurlTransfer.Outcome, Never>
    ) {
        let transfer = idle.popLast() ?? CurlTransfer(maxBodyBytes: maxBodyBytes)
        do throws(HTTPError) {
            try transfer.prepare(request, id: id)
        } catch {
            recycle(transfer)
            return continuation.resume(returning: .failure(error))
        }
        transfer.continuation = continuation
        transfer.receiver = receiver
        active[id] = transfer
        let status = curl_multi_add_handle(handle, transfer.handle)
        if status != CURLM_OK {
            finish(transfer, .failure(HTTPError(.other, String(cString: curl_multi_strerror(status)))))
        }
    }

    /// Ends a transfer early; one that is over already is left alone.
    func cancel(id: UInt64) {
        guard let transfer = active[id] else { return }
        let wasSent = nightshift_easy_get_long(transfer.handle, CURLINFO_REQUEST_SIZE) > 0
        finish(transfer, .failure(HTTPError(.cancelled, "the request was cancelled", wasSent: wasSent)))
    }

    private func finish(_ transfer: CurlTransfer, _ outcome: CurlTransfer.Outcome) {
        curl_multi_remove_handle(handle, transfer.handle)
        active[transfer.id] = nil
        let continuation = transfer.continuation
        recycle(transfer)
        continuation?.resume(returning: outcome)
    }

    private func recycle(_ transfer: CurlTransfer) {
        transfer.reset()
        idle.append(transfer)
    }

    // MARK: What libcurl waits for

    private func watch(_ descriptor: Int32, _ what: Int32) {
        let interest: Readiness =
            switch what {
            case CURL_POLL_IN: .read
            case CURL_POLL_OUT: .write
            case CURL_POLL_INOUT: [.read, .write]
            default: []
            }
        if interest.isEmpty { watched.remove(descriptor) } else { watched.insert(descriptor) }
        loop.watch(descriptor, for: interest) { [weak self] readiness in
            self?.act(
                descriptor,
                (readiness.contains(.read) ? CURL_CSELECT_IN : 0) | (readiness.contains(.write) ? CURL_CSELECT_OUT : 0))
        }
    }

    private func setTimer(_ milliseconds: Int) {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard milliseconds >= 0 else { return }
        timer = loop.schedule(after: .milliseconds(milliseconds)) { [weak self] in
            self?.timer = nil
            self?.act(-1, 0)  // CURL_SOCKET_TIMEOUT
        }
    }

    private func act(_ descriptor: Int32, _ events: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(handle, descriptor, events, &running)
        var code = CURLE_OK
        while let easy = nightshift_multi_next_done(handle, &code), let context = nightshift_easy_get_private(easy) {
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            finish(transfer, transfer.outcome(code))
        }
    }
}
