internal import Foundation
package import Programs

/// Runs Python in a child process that can compute and print, and nothing else.
///
/// It has no network, starts no process or thread, writes no file, reads none but Python's and the system's libraries, gets no
/// variable of our environment, and cannot look into other processes. That is seen to by a seccomp filter and Landlock; on a
/// kernel without Landlock root still runs it as nobody, who reads what everybody may read. Without these, nothing is run.
/// Only the standard library is there. Sets of strings have the same order in each run.
package struct PythonSandbox: CodeSandbox {
    package struct Limits: Sendable, Hashable {
        package var wallClock: Duration = .seconds(10)
        /// In seconds.
        package var processorTime = 10
        /// Of address space.
        package var memoryBytes = 512 << 20
        /// Of standard output, and as many of standard error.
        package var outputBytes = 64 << 10

        package init() {}
    }

    private let interpreter: Result<PythonInterpreter, CodeFailure>
    private let limits: Limits
    /// A thread waits for each run.
    private let queue = OperationQueue()

    /// - Parameters:
    ///   - interpreter: the path of a Python; nil for the system's.
    ///   - concurrency: how many runs there are at a time; the others wait. nil: one per core.
    package init(limits: Limits = Limits(), interpreter path: String? = nil, concurrency: Int? = nil) {
        interpreter = Result { () throws(CodeFailure) in try PythonInterpreter(path: path) }
        self.limits = limits
        queue.maxConcurrentOperationCount = max(1, concurrency ?? ProcessInfo.processInfo.activeProcessorCount)
    }

    package func run(_ code: String) async throws(CodeFailure) -> String {
        let run = SandboxRun(code: code, interpreter: try interpreter.get(), limits: limits)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (done: CheckedContinuation<Result<String, CodeFailure>, Never>) in
                queue.addOperation {
                    done.resume(returning: Result { () throws(CodeFailure) in try run.result() })
                }
            }
        } onCancel: {
            run.cancel()
        }
        return try outcome.get()
    }
}
