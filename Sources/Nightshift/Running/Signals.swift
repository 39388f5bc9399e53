@preconcurrency internal import Dispatch
internal import Glibc

/// The signals that end a process in good order, as a stream.
enum Signals {
    static func stream(_ numbers: [Int32] = [SIGINT, SIGTERM]) -> AsyncStream<Int32> {
        AsyncStream { continuation in
            // Safe: never changed after this line; held only to keep the sources alive, and cancelling one is thread-safe.
            nonisolated(unsafe) let sources = numbers.map { number in
                // The default action would end the process before the source sees the signal.
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { continuation.yield(number) }
                source.resume()
                return source
            }
            continuation.onTermination = { _ in for source in sources { source.cancel() } }
        }
    }
}
