internal import CEventPoll
internal import Dispatch
internal import Foundation

/// A command that is run to its end.
///
/// Not Foundation's `Process`: that notices the end of a child by a socket which a daemon started by the child keeps open.
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
        let command = ["/usr/bin/env", "-C", "/"] + arguments
        let result = await withCheckedContinuation {
            (done: CheckedContinuation<Swift.Result<Result, PrivateClusterError>, Never>) in
            // The thread waits for the child: not one of the cooperative pool.
            DispatchQueue.global().async { done.resume(returning: runBlocking(command, input: input)) }
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

    /// Starts a process with these descriptors as its standard ones and with no signal blocked or ignored. It is a child of
    /// the calling thread.
    package static func spawn(_ arguments: [String], input: Int32, output: Int32) throws(PrivateClusterError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (from, to) in [(input, STDIN_FILENO), (output, STDOUT_FILENO), (output, STDERR_FILENO)] {
            posix_spawn_file_actions_adddup2(&actions, from, to)
        }
        // A server that outlives this process must not hold its sockets and files.
        nightshift_spawn_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for string in argv + envp { free(string) } }
        var processID: pid_t = 0
        let failure = posix_spawn(&processID, arguments[0], &actions, &attributes, argv, envp)
        guard failure == 0 else {
            throw PrivateClusterError("cannot run \(arguments[0]): \(String(cString: strerror(failure)))")
        }
        return processID
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
