internal import Glibc
internal import JSON
internal import Programs
internal import Synchronization

/// Writes LM calls to a file, a line each. Several processes may write to one file: a line is one write at its end.
package final class CallRecorder: Sendable {
    private struct State {
        /// With what the call took: of equal ones under way at once one bears it, and that may be written last.
        var written: [CallKey: Int] = [:]
        /// Whether a write has failed: it is said once.
        var hasFailed = false
    }

    private let descriptor: Int32
    private let path: String
    private let log: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Why the file can't be written.
    package struct Failure: Error {
        package let message: String
    }

    /// Lines are added to a file that is there. What a killed process left of a line is ended, so that no line is lost by it.
    /// - Parameter log: told when the file can't be written any more.
    package init(path: String, log: @escaping @Sendable (String) -> Void) throws(Failure) {
        descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(message: "\(path): \(String(cString: strerror(errno)))") }
        self.path = path
        self.log = log
        var last: UInt8 = 0
        let size = lseek(descriptor, 0, SEEK_END)
        if size > 0, pread(descriptor, &last, 1, size - 1) == 1, last != UInt8(ascii: "\n") { write([UInt8(ascii: "\n")]) }
    }

    deinit { close(descriptor) }

    /// Writes a call, unless this process has written one like it that took as much.
    func record(_ call: RecordedCall) {
        let isNew = state.withLock { state in
            guard state.written[call.key].map({ $0 < call.usage.calls }) ?? true else { return false }
            state.written[call.key] = call.usage.calls
            return true
        }
        guard isNew else { return }
        write(call.json.bytes() + [UInt8(ascii: "\n")])
    }

    /// With `O_APPEND` the bytes of one call are added together (POSIX `write`), also between processes.
    private func write(_ bytes: [UInt8]) {
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count != bytes.count else { return }
        let reason = count < 0 ? String(cString: strerror(errno)) : "only \(count) of \(bytes.count) bytes were taken"
        let isFirst = state.withLock { state in
            defer { state.hasFailed = true }
            return !state.hasFailed
        }
        if isFirst { log("the record \(path) is incomplete from now on: \(reason)") }
    }
}
