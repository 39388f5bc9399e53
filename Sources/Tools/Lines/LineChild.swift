internal import Foundation
internal import Processes
internal import Programs

/// A started program, with our ends of its standard input, output and error. They do not block.
struct LineChild: Sendable {
    let process: Int32
    let input: Int32
    let output: Int32
    let error: Int32

    init(_ command: Command) throws(CommandError) {
        // A socket, since a write to one whose reader is gone need not raise SIGPIPE.
        var sockets: [Int32] = [-1, -1]
        var outputs: [Int32] = [-1, -1]
        var errors: [Int32] = [-1, -1]
        let stream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let isReady = socketpair(AF_UNIX, stream, 0, &sockets) == 0 && pipe(&outputs) == 0 && pipe(&errors) == 0
        (input, output, error) = (sockets[0], outputs[0], errors[0])
        let theirs = [sockets[1], outputs[1], errors[1]]
        defer { for descriptor in theirs where descriptor >= 0 { Glibc.close(descriptor) } }
        do throws(CommandError) {
            guard isReady else { throw CommandError("no descriptors left: \(String(cString: strerror(errno)))") }
            for descriptor in outputs + errors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            for descriptor in [sockets[0], outputs[0], errors[0]] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
            process = try command.start(input: theirs[0], output: theirs[1], error: theirs[2])
        } catch {
            for descriptor in [sockets[0], outputs[0], errors[0]] where descriptor >= 0 { Glibc.close(descriptor) }
            throw error
        }
    }

    /// Sends what the program takes of `bytes` from `start` on; nil when it takes nothing any more.
    func write(_ bytes: [UInt8], from start: Int) -> Int? {
        let count = bytes[start...].withUnsafeBytes { send(input, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        return count >= 0 ? count : errno == EAGAIN || errno == EINTR ? 0 : nil
    }

    /// What there is to read; empty when that is nothing now, nil when there is nothing to come.
    static func read(_ descriptor: Int32) -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(descriptor, &chunk, chunk.count)
        if count < 0 { return errno == EAGAIN || errno == EINTR ? [] : nil }
        return count == 0 ? nil : Array(chunk[..<count])
    }

    /// Closes its standard input, gives it time to end, and kills it and all that it started. Nobody may watch the descriptors.
    /// - Parameter notes: what it wrote to standard error so far.
    /// - Returns: how it ended, and the end of what it wrote to standard error.
    @concurrent
    func end(patience: Duration, notes: [UInt8]) async -> String {
        Glibc.close(input)
        let deadline = ContinuousClock.now + patience
        var isKilled = false
        while !hasEnded {
            if !isKilled, ContinuousClock.now >= deadline {
                kill(-process, SIGKILL)
                isKilled = true
            }
            // In a task of its own, so that a cancelled caller still sees it end.
            await Task { try? await Task.sleep(for: .milliseconds(5)) }.value
        }
        // What it left running. Until it is waited for, its number is no other's.
        kill(-process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        var notes = notes
        while let more = Self.read(error), !more.isEmpty { notes += more }
        Glibc.close(output)
        Glibc.close(error)
        let signal = status & 0x7F
        let ending = signal == 0 ? "with status \((status >> 8) & 0xFF)" : "by signal \(signal)"
        let text = String(decoding: notes.suffix(2000), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return "ended \(ending)" + (text.isEmpty ? "" : ": \(text)")
    }

    private var hasEnded: Bool {
        var information = siginfo_t()
        let result = waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT)
        return result != 0 || information.si_signo == SIGCHLD
    }
}
