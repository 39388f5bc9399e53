internal import CSandbox
internal import Foundation
internal import Programs
internal import Synchronization

/// One run of code, from the thread that waits for it.
final class SandboxRun: Sendable {
    private let code: String
    private let interpreter: PythonInterpreter
    private let limits: PythonSandbox.Limits

    private enum Phase {
        case waiting
        case running(pid_t)
        case over
        case cancelled
    }

    private let phase = Mutex(Phase.waiting)

    init(code: String, interpreter: PythonInterpreter, limits: PythonSandbox.Limits) {
        self.code = code
        self.interpreter = interpreter
        self.limits = limits
    }

    /// From any thread. A process that runs is killed, upon which ``result()`` returns.
    func cancel() {
        phase.withLock { phase in
            switch phase {
            case .running(let process):
                kill(-process, SIGKILL)
                phase = .cancelled
            case .waiting: phase = .cancelled
            case .over, .cancelled: break
            }
        }
    }

    /// Runs the code and waits for its end, on this thread.
    func result() throws(CodeFailure) -> String {
        var template = Array((NSTemporaryDirectory() + "/nightshift-code-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw Self.unavailable("no temporary folder") }
        let folder = open(template, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer {
            close(folder)
            rmdir(template)
        }
        // Another user's process may enter it.
        fchmod(folder, 0o755)
        let text = Array(code.utf8)
        let input = nightshift_sandbox_input(text, text.count)
        guard folder >= 0, input >= 0 else { throw Self.unavailable("no file for the code") }
        defer { close(input) }

        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let child = try start(folder: folder, path: path, input: input)
        defer {
            close(child.process_descriptor)
            close(child.output)
            close(child.error)
        }
        var reading = SandboxReading(child: child, limits: limits)
        reading.readToTheEnd()
        return try reading.judge(status: end(child.process))
    }

    private static func unavailable(_ what: String) -> CodeFailure {
        .unavailable("the sandbox cannot be set up: \(what): \(String(cString: strerror(errno)))")
    }

    private func start(folder: Int32, path: String, input: Int32) throws(CodeFailure) -> nightshift_sandbox_child {
        // No -I: our variables are not there anyway, and PYTHONHASHSEED would not count.
        let arguments = CStrings([interpreter.path, "-s", "-S", "-B", "-X", "utf8", "-"])
        let environment = CStrings(["PYTHONHASHSEED=0"])
        let readable = CStrings(interpreter.readable + [path])
        var plan = nightshift_sandbox_plan(
            path: arguments.list[0], arguments: arguments.list, environment: environment.list, folder: folder, input: input,
            readable: readable.list, cpu_seconds: UInt64(max(1, limits.processorTime)), memory_bytes: UInt64(limits.memoryBytes))
        var child = nightshift_sandbox_child()
        var reason = [CChar](repeating: 0, count: 256)
        let started: Int32 = phase.withLock { phase in
            guard case .waiting = phase else { return -1 }
            let started = nightshift_sandbox_start(&plan, &child, &reason, reason.count)
            if started == 0 { phase = .running(child.process) }
            return started
        }
        // The plan points into these.
        extendLifetime(arguments)
        extendLifetime(environment)
        extendLifetime(readable)
        guard started == 0 else {
            let text = String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw .unavailable(text.isEmpty ? "the run was cancelled" : "the sandbox cannot be set up: \(text)")
        }
        return child
    }

    /// Ends the process where it has not ended, and whatever might be left of its group.
    private func end(_ process: pid_t) throws(CodeFailure) -> Int32 {
        var status: Int32 = 0
        let wasCancelled = phase.withLock { phase in
            // Until it is waited for, its number is no other's.
            kill(-process, SIGKILL)
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            if case .cancelled = phase { return true }
            phase = .over
            return false
        }
        if wasCancelled { throw .unavailable("the run was cancelled") }
        return status
    }
}
