public import Programs
internal import Tools

/// Python in a child process that can compute and print, and nothing else: no network, no files, limited time and memory.
///
///     configure(lm: lm, services: ProgramServices(sandbox: SandboxedPython()))
public struct SandboxedPython: CodeSandbox {
    private let sandbox: PythonSandbox

    /// - Parameters:
    ///   - timeout: for one piece of code; its processor time may be as long.
    ///   - memoryBytes: of address space.
    ///   - interpreter: the path of a Python; nil: the system's.
    public init(timeout: Duration = .seconds(10), memoryBytes: Int = 512 << 20, interpreter: String? = nil) {
        var limits = PythonSandbox.Limits()
        limits.wallClock = timeout
        limits.processorTime = max(1, Int(timeout.components.seconds))
        limits.memoryBytes = memoryBytes
        sandbox = PythonSandbox(limits: limits, interpreter: interpreter)
    }

    /// What the code printed.
    public func run(_ code: String) async throws(CodeFailure) -> String { try await sandbox.run(code) }
}
