internal import Dispatch
internal import Foundation
internal import Processes

/// A command that is run to its end.
package enum ChildProcess {
    package struct Result: Sendable {
        /// The exit status, or 128 and the signal's number.
        package let status: Int32
        /// Standard output and standard error together.
        package let output: String
    }

    /// Runs `arguments` (the first is the program's path) in `/`, without the `PG…` variables of the environment and with
    /// messages in English. What a program leaves running does not delay the return: output goes to a file, not a pipe.
    @concurrent
    package static func run(_ arguments: [String], input: String = "") async throws(PrivateClusterError) -> Result {
        let result = await withCheckedContinuation {
            (done: CheckedContinuation<Swift.Result<Result, PrivateClusterError>, Never>) in
            // The thread waits for the child: not one of the cooperative pool.
            DispatchQueue.global().async { done.resume(returning: runBlocking(arguments, input: input)) }
        }
        return try result.get()
    }

    package static var environment: [String: String] {
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
        variables["LC_ALL"] = "C"
        return variables
    }

    private static func runBlocking(_ arguments: [String], input: String) -> Swift.Result<Result, PrivateClusterError> {
        Swift.Result { () throws(PrivateClusterError) in
            let source = try AnonymousFile(holding: input)
            let output = try AnonymousFile()
            let processID = try spawn(arguments, input: source.descriptor, output: output.descriptor)
            var status: Int32 = 0
            while waitpid(processID, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7f
            return Result(status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: output.text())
        }
    }

    /// Starts a process in `/` with these descriptors as its standard ones. It is a child of the calling thread.
    package static func spawn(_ arguments: [String], input: Int32, output: Int32) throws(PrivateClusterError) -> Int32 {
        do throws(CommandError) {
            return try Command(arguments, environment: environment, folder: "/").start(
                input: input, output: output, error: output)
        } catch {
            throw PrivateClusterError(error.description)
        }
    }

    /// An open file without a name.
    private final class AnonymousFile {
        let descriptor: Int32

        init(holding text: String = "") throws(PrivateClusterError) {
            var template = Array("/tmp/nightshift-child-XXXXXX".utf8CString)
            descriptor = mkstemp(&template)
            guard descriptor >= 0 else { throw PrivateClusterError("no file in /tmp: \(String(cString: strerror(errno)))") }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            unlink(template)
            let written = text.withCString { write(descriptor, $0, text.utf8.count) }
            guard written == text.utf8.count else { throw PrivateClusterError("cannot write a file in /tmp") }
            lseek(descriptor, 0, SEEK_SET)
        }

        deinit { close(descriptor) }

        func text() -> String {
            lseek(descriptor, 0, SEEK_SET)
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = read(descriptor, &chunk, chunk.count), count > 0 { bytes += chunk.prefix(count) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
