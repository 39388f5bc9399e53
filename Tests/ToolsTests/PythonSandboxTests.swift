import Foundation
import Programs
import Testing
import Tools

/// What the sandbox lets through, and what it does not: each by really trying.
@Suite struct PythonSandboxTests {
    static let sandbox = PythonSandbox()

    private func failure(_ code: String, _ sandbox: PythonSandbox = sandbox) async throws -> CodeFailure {
        try await #require(throws: CodeFailure.self) { _ = try await sandbox.run(code) }
    }

    /// The message of a failure that is the code's own.
    private func error(_ code: String) async throws -> String {
        guard case .failed(let message) = try await failure(code) else {
            Issue.record("not refused")
            return ""
        }
        return message
    }

    // MARK: What works

    @Test func computesAndPrints() async throws {
        let code = """
            import collections, datetime, decimal, fractions, itertools, json, math, random, re, statistics, string, sys
            print(json.dumps({"mean": statistics.mean([1, 2, 6]), "pi": round(math.pi, 3), "größe": "ü"}, ensure_ascii=False))
            print(sorted(collections.Counter(re.findall(r"\\w", "abca")).items()))
            print(datetime.date(2024, 2, 28) + datetime.timedelta(2))
            print(decimal.Decimal("0.1") + decimal.Decimal("0.2"), fractions.Fraction(1, 3), len(str(2 ** 10000)))
            """
        let expected = """
            {"mean": 3, "pi": 3.142, "größe": "ü"}
            [('a', 2), ('b', 1), ('c', 1)]
            2024-03-01
            0.3 1/3 3011
            """
        #expect(try await Self.sandbox.run(code) == expected)
    }

    @Test func nothingPrintedIsEmpty() async throws {
        #expect(try await Self.sandbox.run("") == "")
        #expect(try await Self.sandbox.run("x = 1") == "")
        #expect(try await Self.sandbox.run("print()\nprint()") == "\n")
    }

    @Test func longCode() async throws {
        let code = (0..<20_000).map { "x\($0) = \($0)" }.joined(separator: "\n") + "\nprint(x19999)"
        #expect(code.utf8.count > 200_000)
        #expect(try await Self.sandbox.run(code) == "19999")
    }

    @Test func setsOfStringsKeepTheirOrder() async throws {
        let code = "print({'a', 'b', 'c', 'd', 'e', 'f'})"
        #expect(try await Self.sandbox.run(code) == Self.sandbox.run(code))
    }

    @Test func errorsAreThePythonOnes() async throws {
        #expect(try await error("print(1)\nprint(1 / 0)").hasSuffix("ZeroDivisionError: division by zero"))
        #expect(try await error("print(1").contains("SyntaxError"))
        #expect(try await error("import sys; sys.exit(3)") == "Python ended with status 3")
        #expect(try await error("import numpy").contains("ModuleNotFoundError"))
    }

    @Test func theEnvironmentIsEmpty() async throws {
        setenv("NIGHTSHIFT_TEST_KEY", "secret", 1)
        let names = try await Self.sandbox.run("import os; print(sorted(os.environ))")
        #expect(!names.contains("KEY"))
        #expect(!names.contains("HOME"))
    }

    @Test func theFolderIsEmptyAndGoes() async throws {
        let parts = try await Self.sandbox.run("import os; print(os.getcwd()); print(os.listdir('.'))").split(separator: "\n")
        #expect(parts.last == "[]")
        #expect(!FileManager.default.fileExists(atPath: String(parts[0])))
    }

    @Test func runsSideBySide() async throws {
        let sandbox = PythonSandbox(concurrency: 2)
        let results = try await withThrowingTaskGroup { group in
            for n in 0..<12 { group.addTask { try await sandbox.run("print(\(n) * \(n))") } }
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
        #expect(Set(results) == Set((0..<12).map { "\($0 * $0)" }))
    }

    @Test func withoutPythonItIsUnavailable() async throws {
        guard case .unavailable(let reason) = try await failure("print(1)", PythonSandbox(interpreter: "/no/python3")) else {
            Issue.record("ran without Python")
            return
        }
        #expect(reason.contains("/no/python3"))
    }

    // MARK: The network

    @Test(arguments: ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"]) func noSockets(_ family: String) async throws {
        let message = try await error("import socket\nsocket.socket(socket.\(family), socket.SOCK_DGRAM)")
        #expect(message.contains("PermissionError"))
    }

    @Test func noConnections() async throws {
        #expect(try await error("import socket\nsocket.create_connection(('127.0.0.1', 80), 1)").contains("PermissionError"))
        #expect(try await error("import socket\nsocket.socketpair()").contains("PermissionError"))
        #expect(try await error("import urllib.request as r\nr.urlopen('http://127.0.0.1/')").contains("not permitted"))
    }

    @Test func noNamesAreLookedUp() async throws {
        #expect(try await error("import socket\nprint(socket.getaddrinfo('example.com', 80))").contains("gaierror"))
        let code = """
            import ctypes
            c = ctypes.CDLL(None, use_errno=True)
            info = ctypes.c_void_p()
            print(c.getaddrinfo(b"example.com", b"80", None, ctypes.byref(info)) != 0)
            print(c.socket(2, 1, 0), ctypes.get_errno())
            print(c.connect(1, b"\\0" * 16, 16), ctypes.get_errno())
            """
        #expect(try await Self.sandbox.run(code) == "True\n-1 1\n-1 1")
    }

    // MARK: Other processes

    @Test func noProcessesOrThreads() async throws {
        #expect(try await error("import os\nos.fork()").contains("PermissionError"))
        #expect(try await error("import subprocess\nsubprocess.run(['/bin/true'])").contains("PermissionError"))
        #expect(try await Self.sandbox.run("import os\nprint(os.system('true') == 0)") == "False")
        #expect(try await error("import threading\nthreading.Thread(target=print).start()").contains("can't start new thread"))
        #expect(try await error("import os\nos.execv('/bin/sh', ['sh', '-c', 'echo out'])").contains("PermissionError"))
        let bomb = "import os\nn = 0\nwhile n < 1000:\n    try: os.fork()\n    except OSError: n += 1\nprint('alone')"
        #expect(try await Self.sandbox.run(bomb) == "alone")
    }

    @Test func otherProcessesAreOutOfReach() async throws {
        for file in ["environ", "cmdline", "maps", "mem", "fd/0"] {
            let message = try await error("open('/proc/\(getpid())/\(file)', 'rb').read()")
            #expect(message.contains("PermissionError"), "\(file): \(message)")
        }
        #expect(try await error("import os\nos.listdir('/proc')").contains("PermissionError"))
        #expect(try await error("import os\nos.kill(\(getpid()), 0)").contains("PermissionError"))
        #expect(try await error("import os\nos.killpg(os.getppid(), 9)").contains("PermissionError"))
        #expect(try await error("import fcntl\nfcntl.fcntl(1, fcntl.F_SETOWN, \(getpid()))").contains("PermissionError"))
    }

    /// By number, as code that knows the kernel would: ptrace, process_vm_readv, io_uring_setup, bpf, userfaultfd, unshare,
    /// keyctl, pidfd_open, clone, clone3, memfd_create, perf_event_open, prctl (to change the parent-death signal).
    @Test func theKernelIsOutOfReach() async throws {
        #if arch(x86_64)
            let numbers = [101, 310, 425, 321, 323, 272, 250, 434, 56, 435, 319, 298, 157, 41, 42, 0x4000_0029]
        #else
            let numbers = [117, 270, 425, 280, 282, 97, 219, 434, 220, 435, 279, 241, 167, 198, 203]
        #endif
        let code = """
            import ctypes
            c = ctypes.CDLL(None, use_errno=True)
            for n in \(numbers):
                r = c.syscall(n, 0, 0, 0, 0, 0, 0)
                if r != -1 or ctypes.get_errno() not in (1, 38): print(n, r, ctypes.get_errno())
            import resource
            try: resource.setrlimit(resource.RLIMIT_CPU, (1000, 1000)); print("limit")
            except (ValueError, PermissionError): pass
            """
        #expect(try await Self.sandbox.run(code) == "")
    }

    @Test func nothingIsInherited() async throws {
        let secret = open("/etc/hostname", O_RDONLY)
        defer { close(secret) }
        let code = """
            import os
            found = []
            for n in range(3, 64):
                try: os.fstat(n); found.append(n)
                except OSError: pass
            print(found, os.getuid() == 0)
            """
        #expect(try await Self.sandbox.run(code) == "[] False")
    }

    // MARK: Files

    @Test func nothingIsWritten() async throws {
        let home = FileManager.default.homeDirectoryForCurrentUser.path
        for path in ["/tmp/nightshift-escape", "escape", "\(home)/escape", "/dev/shm/escape", "/var/tmp/escape"] {
            let message = try await error("open('\(path)', 'w').write('x')")
            #expect(message.contains("PermissionError"), "\(path): \(message)")
            #expect(!FileManager.default.fileExists(atPath: path))
        }
        let calls = [
            "os.mkdir('a')", "os.unlink('/tmp/x')", "os.rename('a', 'b')", "os.symlink('a', 'b')", "os.chmod('/tmp', 0)",
        ]
        for call in calls {
            #expect(try await error("import os\n\(call)").contains("PermissionError"), "\(call)")
        }
    }

    @Test func nothingElseIsRead() async throws {
        let folder = try TemporaryFolder()
        try folder.write("secret", to: "open.txt", mode: 0o644)
        let ownHome = FileManager.default.homeDirectoryForCurrentUser.path
        let home = FileManager.default.fileExists(atPath: ownHome) ? ownHome : "/home"
        let attempts = [
            "open('/etc/shadow').read()", "open('/etc/passwd').read()", "open('/etc/hostname').read()",
            "open('\(folder.path)/open.txt').read()", "os.listdir('\(home)')", "os.listdir('/')", "os.listdir('/tmp')",
            "open('/proc/self/environ').read()", "open('/proc/1/environ').read()",
        ]
        for attempt in attempts {
            let message = try await error("import os\nprint(\(attempt))")
            #expect(message.contains("PermissionError"), "\(attempt): \(message)")
        }
    }

    // MARK: Limits

    private func limit(_ code: String, _ change: (inout PythonSandbox.Limits) -> Void = { _ in }) async throws -> String {
        var limits = PythonSandbox.Limits()
        change(&limits)
        guard case .limit(let sentence) = try await failure(code, PythonSandbox(limits: limits)) else {
            Issue.record("no limit was met")
            return ""
        }
        return sentence
    }

    @Test func wallClock() async throws {
        let start = ContinuousClock.now
        let sentence = try await limit("import time\nprint('x', flush=True)\ntime.sleep(60)") {
            $0.wallClock = .milliseconds(700)
        }
        #expect(sentence.contains("0.7 seconds"))
        #expect(ContinuousClock.now - start < .seconds(50))
    }

    /// Also when the output is closed, so that only the process itself tells of its end.
    @Test func wallClockWithoutOutput() async throws {
        let sentence = try await limit("import os, time\nos.close(1); os.close(2)\ntime.sleep(60)") {
            $0.wallClock = .milliseconds(500)
        }
        #expect(sentence.contains("longer than"))
    }

    @Test func processorTime() async throws {
        let deafness = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"
        for start in ["", deafness] {
            let sentence = try await limit(start + "while True: pass") { ($0.processorTime, $0.wallClock) = (1, .seconds(60)) }
            #expect(sentence.contains("processor time"))
        }
    }

    @Test func memory() async throws {
        #expect(try await limit("x = 'a' * (1 << 30)").contains("512 MB"))
        #expect(try await limit("x = []\nwhile True: x.append('a' * 1000000 + str(len(x)))").contains("512 MB"))
    }

    @Test(arguments: ["stdout", "stderr"]) func output(_ stream: String) async throws {
        let sentence = try await limit("import sys\nwhile True: print('spam', file=sys.\(stream))")
        #expect(sentence == "the code printed more than 65536 bytes")
    }

    @Test func cancellingEndsTheRun() async throws {
        let start = ContinuousClock.now
        var limits = PythonSandbox.Limits()
        (limits.wallClock, limits.processorTime) = (.seconds(60), 60)
        let sandbox = PythonSandbox(limits: limits)
        let task = Task { try await sandbox.run("while True: pass") }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        await #expect(throws: CodeFailure.unavailable("the run was cancelled")) { try await task.value }
        #expect(ContinuousClock.now - start < .seconds(50))
    }
}
