internal import Foundation

/// A command that is run to its end.
package enum ChildProcess {
    package struct Result: Sendable {
        package let status: Int32
        /// Standard output and standard error together.
        package let output: String
    }

    /// Runs `arguments` (the first is the program's path) in `/`, without the `PG…` variables of the environment and with
    /// messages in English. What a program leaves running does not delay the return: output goes to a file, not a pipe.
    @concurrent
    package static func run(_ arguments: [String], input: String = "") async throws(PrivateClusterError) -> Result {
        do {
            let output = try AnonymousFile()
            let source = try AnonymousFile(holding: input)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: arguments[0])
            process.arguments = Array(arguments.dropFirst())
            process.currentDirectoryURL = URL(fileURLWithPath: "/")
            process.environment = environment
            process.standardInput = source.handle
            process.standardOutput = output.handle
            process.standardError = output.handle
            let status = try await withCheckedThrowingContinuation { (done: CheckedContinuation<Int32, any Error>) in
                process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
                do { try process.run() } catch { done.resume(throwing: error) }
            }
            return Result(status: status, output: try output.text())
        } catch {
            throw PrivateClusterError("cannot run \(arguments[0]): \(error.localizedDescription)")
        }
    }

    package static var environment: [String: String] {
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
        variables["LC_ALL"] = "C"
        return variables
    }

    /// An open file without a name.
    private struct AnonymousFile {
        let handle: FileHandle

        init(holding text: String = "") throws {
            var template = Array((NSTemporaryDirectory() + "/nightshift-XXXXXX").utf8CString)
            let descriptor = mkstemp(&template)
            guard descriptor >= 0 else { throw PrivateClusterError("no temporary file: \(String(cString: strerror(errno)))") }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            unlink(template)
            handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: Data(text.utf8))
            try handle.seek(toOffset: 0)
        }

        func text() throws -> String {
            try handle.seek(toOffset: 0)
            return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
        }
    }
}
