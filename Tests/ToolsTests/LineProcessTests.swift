import Foundation
import JSON
import Programs
import Testing
import Tools

@Suite struct LineProcessTests {
    /// A Python script that handles each request `r` by `body` and writes what that puts into `reply`.
    private func script(_ body: String, in folder: TemporaryFolder) throws -> [String] {
        let lines = body.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        let text = """
            import json, os, sys, threading, time
            for line in sys.stdin:
                r = json.loads(line)
                reply = {"id": r["id"]}
            \(lines)
                print(json.dumps(reply))
            """
        return [Self.python, try folder.write(text, to: "metric.py")]
    }

    /// The system's where there is one: what stands before it in PATH may be a slow script.
    private static let python = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3") ? "/usr/bin/python3" : "python3"

    private func request(_ answer: String) -> JSON { ["example": ["answer": "a"], "prediction": ["answer": .string(answer)]] }

    /// Runs `body` with a process and stops that in all cases.
    private func withProcess(
        _ script: String, timeout: Duration = .seconds(30), _ body: (LineProcess, TemporaryFolder) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let process = LineProcess(command: try self.script(script, in: folder), folder: folder.path, timeout: timeout)
        do {
            try await body(process, folder)
        } catch {
            await process.stop()
            throw error
        }
        await process.stop()
    }

    @Test func scoresAndFeedback() async throws {
        let code = """
            reply["score"] = float(r["prediction"]["answer"] == r["example"]["answer"])
            reply["feedback"] = os.getcwd() + "|" + os.environ.get("HOME", "")
            """
        try await withProcess(code) { process, folder async throws in
            let reply = try await process.score(request("a"))
            #expect(reply["score"] == 1.0)
            let parts = try #require(reply["feedback"]?.stringValue).split(separator: "|")
            #expect(URL(filePath: String(parts[0])).lastPathComponent == URL(filePath: folder.path).lastPathComponent)
            #expect(String(parts[1]) == ProcessInfo.processInfo.environment["HOME"])
            #expect(reply["id"] == nil)
            #expect(try await process.score(request("b"))["score"] == 0.0)
        }
    }

    @Test func oneProcessServesManyInAnyOrder() async throws {
        // Replies come in pairs, the later request first.
        let code = """
            reply["score"] = int(r["prediction"]["answer"]); reply["pid"] = os.getpid()
            held = globals().setdefault("held", [])
            held.append(reply)
            if len(held) < 2: continue
            print(json.dumps(held[1])); reply = held[0]; held.clear()
            """
        try await withProcess(code) { process, _ async throws in
            let replies = try await withThrowingTaskGroup { group in
                for n in 0..<20 { group.addTask { (n, try await process.score(request("\(n)"))) } }
                return try await group.reduce(into: [(Int, JSON)]()) { $0.append($1) }
            }
            #expect(replies.allSatisfy { $0.1["score"] == .int($0.0) })
            #expect(Set(replies.compactMap { $0.1["pid"]?.intValue }).count == 1)
        }
    }

    @Test func bigRequestsAndReplies() async throws {
        let text = String(repeating: "ä\n\"", count: 400_000)
        try await withProcess(#"reply["score"] = 1; reply["feedback"] = r["prediction"]["answer"]"#) { process, _ async throws in
            #expect(try await process.score(request(text))["feedback"]?.stringValue == text)
        }
    }

    @Test func anErrorIsTheRequestsOwn() async throws {
        let code = """
            if r["prediction"]["answer"] == "bad": reply["error"] = "no such answer"
            else: reply["score"] = 1
            """
        try await withProcess(code) { process, _ async throws in
            await #expect(throws: ServiceError(.program, "no such answer")) { try await process.score(request("bad")) }
            #expect(try await process.score(request("good"))["score"] == 1)
        }
    }

    @Test func itStartsAgainAfterItsEnd() async throws {
        let code = """
            if r["prediction"]["answer"] == "die":
                print("Traceback: it hurts", file=sys.stderr); sys.exit(3)
            reply["score"] = os.getpid()
            """
        try await withProcess(code) { process, _ async throws in
            let first = try await process.score(request("a"))
            let error = await #expect(throws: ServiceError.self) { try await process.score(request("die")) }
            #expect(error?.fault == .infrastructure)
            #expect(error?.message.contains("status 3") == true)
            #expect(error?.message.contains("it hurts") == true)
            #expect(try await process.score(request("a")) != first)
        }
    }

    @Test func aHangingRequestFailsAlone() async throws {
        let code = """
            if r["prediction"]["answer"] == "hang": time.sleep(60)
            reply["score"] = 1
            """
        try await withProcess(code, timeout: .seconds(5)) { process, _ async throws in
            _ = try await process.score(request("warm"))
            let hanging = Task { try await process.score(request("hang")) }
            try await Task.sleep(for: .milliseconds(200))
            async let queued = process.score(request("ok"))
            let error = await #expect(throws: ServiceError.self) { try await hanging.value }
            #expect(error?.fault == .infrastructure)
            #expect(error?.message.contains("within 5.0 seconds") == true)
            #expect(try await queued["score"] == 1)
        }
    }

    /// A program that handles one at a time may take longer for all than one may take.
    @Test func theQueueDoesNotCount() async throws {
        try await withProcess("time.sleep(0.6)\nreply['score'] = 1", timeout: .seconds(5)) { process, _ async throws in
            _ = try await process.score(request("warm"))
            let count = try await withThrowingTaskGroup { group in
                for _ in 0..<10 { group.addTask { try await process.score(request("a")) } }
                return try await group.reduce(0) { count, _ in count + 1 }
            }
            #expect(count == 10)
        }
    }

    @Test func aBrokenCommandIsSaidToBe() async throws {
        try await withProcess("print('ModuleNotFoundError: nothing', file=sys.stderr); sys.exit(1)") { process, _ async throws in
            for attempt in 1...4 {
                let error = await #expect(throws: ServiceError.self) { try await process.score(request("a")) }
                #expect(error?.fault == (attempt < 3 ? .infrastructure : .refused), "attempt \(attempt)")
                #expect(error?.message.contains("ModuleNotFoundError") == true)
                if attempt >= 3 { #expect(error?.message.contains("metric.py") == true) }
            }
        }
    }

    @Test func aCommandThatIsNotThere() async throws {
        let process = LineProcess(command: ["no-such-program-here"], folder: "/")
        let error = await #expect(throws: ServiceError.self) { try await process.score(request("a")) }
        #expect(error?.fault == .refused)
        #expect(error?.message.contains("no-such-program-here") == true)
        let other = LineProcess(command: ["cat"], folder: "/no/such/folder")
        let second = await #expect(throws: ServiceError.self) { try await other.score(request("a")) }
        #expect(second?.message.contains("/no/such/folder") == true)
    }

    @Test(arguments: [
        "print('debug')", "print('[1]')", "print(json.dumps({'id': 99, 'score': 1}))", "sys.stdout.write('x' * (17 << 20))",
    ]) func whatIsNoReply(_ code: String) async throws {
        try await withProcess("\(code)\nreply['score'] = 1") { process, _ async throws in
            let error = await #expect(throws: ServiceError.self) { try await process.score(request("a")) }
            #expect(error?.fault == .infrastructure)
            #expect(error?.message.contains("the metric's program wrote a line") == true)
        }
    }

    @Test func aCancelledRequestLetsGo() async throws {
        try await withProcess("time.sleep(float(r['prediction']['answer']))\nreply['score'] = 1") { process, _ async throws in
            let task = Task { try await process.score(request("4")) }
            try await Task.sleep(for: .milliseconds(200))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            // Its late reply is nobody else's.
            #expect(try await process.score(request("0"))["score"] == 1)
        }
    }

    @Test func stoppingEndsItAndWhatItStarted() async throws {
        let folder = try TemporaryFolder()
        let script = """
            sleep 1000 &
            echo "$! $$" > pids
            trap '' TERM
            read line
            echo '{"id": 1, "score": 0.5}'
            while :; do sleep 1; done
            """
        let process = LineProcess(command: ["sh", "./metric"], folder: folder.path)
        try folder.write(script, to: "metric")
        #expect(try await process.score(request("a"))["score"] == 0.5)
        let text = try String(contentsOfFile: folder.path + "/pids", encoding: .utf8)
        let pids = text.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        try #require(pids.count == 2)
        await process.stop()
        // The grandchild is waited for by init, which takes its time.
        for _ in 0..<200 where pids.contains(where: isRunning) { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!pids.contains(where: isRunning))
        await #expect(throws: ServiceError.self) { try await process.score(request("a")) }
    }

    private func isRunning(_ process: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return !status.contains(") Z ")
    }

    /// Without a stop: the program sees the end of its input.
    @Test func itEndsWithItsOwner() async throws {
        let folder = try TemporaryFolder()
        var process: LineProcess? = LineProcess(
            command: try script("reply['score'] = os.getpid()", in: folder), folder: folder.path)
        let id = try #require(try await process?.score(request("a"))["score"]?.intValue)
        process = nil
        for _ in 0..<500 where isRunning(Int32(id)) { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!isRunning(Int32(id)))
    }
}
