internal import CSandbox
internal import Foundation
internal import Programs

/// What a sandboxed process prints, until it ends or runs into a limit.
struct SandboxReading {
    private let process: Int32
    private let limits: PythonSandbox.Limits
    private var output: Stream
    private var error: Stream
    /// The limit that was reached, as a sentence.
    private var excess: String?

    private struct Stream {
        let descriptor: Int32
        var bytes: [UInt8] = []
        var isClosed = false

        /// Reads all that is there, up to a little more than `limit` bytes.
        mutating func drain(limit: Int) {
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while !isClosed, bytes.count <= limit {
                let count = read(descriptor, &chunk, chunk.count)
                if count < 0 { return }
                isClosed = count == 0
                bytes += chunk[..<count]
            }
        }
    }

    init(child: nightshift_sandbox_child, limits: PythonSandbox.Limits) {
        process = child.process_descriptor
        output = Stream(descriptor: child.output)
        error = Stream(descriptor: child.error)
        self.limits = limits
    }

    /// Returns when the process has ended and all is read, or when it must be ended.
    mutating func readToTheEnd() {
        let deadline = ContinuousClock.now + limits.wallClock
        var hasEnded = false
        while !hasEnded, excess == nil {
            let left = deadline - .now
            guard left > .zero else {
                excess = "the code took longer than \(limits.wallClock)"
                return
            }
            // A closed pipe is always ready, which is no reason to wake up: poll skips descriptors below zero.
            var waits = [process, output.isClosed ? -1 : output.descriptor, error.isClosed ? -1 : error.descriptor].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            poll(&waits, nfds_t(waits.count), Int32(clamping: milliseconds + 1))
            // What was printed last is read after the end.
            hasEnded = waits[0].revents != 0
            output.drain(limit: limits.outputBytes)
            error.drain(limit: limits.outputBytes)
            if max(output.bytes.count, error.bytes.count) > limits.outputBytes {
                excess = "the code printed more than \(limits.outputBytes) bytes"
            }
        }
    }

    /// - Parameter status: as `waitpid` gives it.
    func judge(status: Int32) throws(CodeFailure) -> String {
        if let excess { throw .limit(excess) }
        let signal = status & 0x7F
        if signal == 0, status == 0 {
            let text = String(decoding: output.bytes, as: UTF8.self)
            return text.hasSuffix("\n") ? String(text.dropLast()) : text
        }
        switch signal {
        case 0: break
        case SIGXCPU: throw .limit("the code used more than \(limits.processorTime) seconds of processor time")
        case SIGKILL:
            throw .limit("the code was ended by the kernel: it used too much memory, or more than its processor time")
        default: throw .failed("Python crashed: \(String(cString: strsignal(signal)))")
        }
        let message = Self.end(of: String(decoding: error.bytes, as: UTF8.self))
        if message.split(separator: "\n").last?.hasPrefix("MemoryError") == true {
            throw .limit("MemoryError: the code needs more than \(limits.memoryBytes >> 20) MB of memory")
        }
        throw .failed(message.isEmpty ? "Python ended with status \(status >> 8)" : message)
    }

    /// The last lines, which name the error.
    private static func end(of text: String) -> String {
        let lines = text.split(separator: "\n").suffix(20)
        return String(lines.joined(separator: "\n").suffix(2000))
    }
}
