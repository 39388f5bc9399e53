internal import Foundation
internal import JSON
internal import Store

/// A file without a name that holds results as lines of JSON; it is gone with the process.
final class ResultSpool {
    private let folder: String
    private var descriptor: Int32 = -1
    private(set) var count = 0
    private var readOffset: off_t = 0
    private var writeOffset: off_t = 0

    init(folder: String) { self.folder = folder }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whether the disk took it.
    func write(_ result: UnitResult) -> Bool {
        guard open() else { return false }
        let bytes = Array((result.keptJSON.serialized() + "\n").utf8)
        var written = 0
        while written < bytes.count {
            let step = bytes[written...].withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, $0.count, writeOffset + off_t(written))
            }
            // A part of a line is overwritten by the next one.
            guard step > 0 else { return false }
            written += step
        }
        writeOffset += off_t(bytes.count)
        count += 1
        return true
    }

    /// The oldest ones. What can't be read any more is lost, and its unit runs again when the lease is over.
    func read(atMost limit: Int) -> [UnitResult] {
        var results: [UnitResult] = []
        var rest: [UInt8] = []
        while results.count < limit, count > 0 {
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            let size = pread(
                descriptor, &chunk, min(chunk.count, Int(writeOffset - readOffset) - rest.count), readOffset + off_t(rest.count))
            guard size > 0 else { break }
            rest += chunk.prefix(size)
            while results.count < limit, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: rest[..<end], as: UTF8.self)
                if let json = try? JSON(parsing: line), let result = UnitResult(kept: json) { results.append(result) }
                rest.removeFirst(end + 1)
                readOffset += off_t(end + 1)
                count -= 1
            }
        }
        if count == 0 || results.isEmpty { empty() }
        return results
    }

    private func open() -> Bool {
        guard descriptor < 0 else { return true }
        var template = Array((folder + "/nightshift-results-XXXXXX").utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { return false }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
        return true
    }

    private func empty() {
        (count, readOffset, writeOffset) = (0, 0, 0)
        _ = ftruncate(descriptor, 0)
    }
}
