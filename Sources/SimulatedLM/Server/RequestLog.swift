import Glibc
import JSON
import Synchronization

/// Appends requests to a file as JSON lines, one write each, so that a killed server loses none.
final class RequestLog: Sendable {
    private let descriptor: Int32
    private let turn = Mutex(())

    /// Throws a ``Diagnostic`` when the file cannot be opened.
    init(path: String) throws(Diagnostic) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Diagnostic(JSONPath(), "cannot write the log \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    func append(_ line: JSON) {
        let bytes = line.bytes() + [0x0A]
        turn.withLock { _ in
            var written = 0
            while written < bytes.count {
                let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if count < 0 && errno == EINTR { continue }
                // A full disk must not stop the server: the rest of the line is lost.
                if count <= 0 { return }
                written += count
            }
        }
    }
}
