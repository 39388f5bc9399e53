import Foundation
import Glibc
import JSON
import Testing

/// No crash loses anything: a compile is killed with all its processes, its database included, and started again.
@Suite struct CrashTests {
    /// Ten kills at random moments end in the trial table of an undisturbed run, and no example is paid for twice beyond
    /// those in flight at a kill or finished in the last 250 ms before it.
    @Test(.timeLimit(.minutes(10))) func killedTenTimes() async throws {
        let quiet = try await Workbench(latencyMilliseconds: 40)
        let undisturbed = try await quiet.run("compile", quiet.study.path, "--json", "--concurrency", "16")
        try #require(undisturbed.status == 0, "\(undisturbed.errors)")
        let expected = try await quiet.trials()
        let calls = try await quiet.lm.calls()
        #expect(expected.count > 3)

        let bench = try await Workbench(latencyMilliseconds: 40)
        var generator = SystemRandomNumberGenerator()
        var kills = 0
        var allowance = 0
        while kills < 10 {
            let child = try bench.start("compile", bench.study.path, "--json", "--concurrency", "16", "--workers", "2")
            // Spread over the whole life of a compile, its start included.
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...1500, using: &generator)))
            guard child.isRunning else { break }
            let before = try await bench.lm.calls()
            killTree(of: child.pid, dataDirectory: bench.dataDirectory)
            await child.wait()
            kills += 1
            // 32 in flight, and what these could finish in 250 ms at 40 ms each; `before` is read some milliseconds early.
            allowance += 32 + 32 * 7
            #expect(before <= calls + allowance)
        }
        let last = try await bench.run("compile", bench.study.path, "--json", "--concurrency", "16")
        #expect(last.status == 0, "\(last.errors)")
        #expect(try await bench.trials() == expected)
        #expect(last.json["best"] == undisturbed.json["best"])
        let paid = try await bench.lm.calls()
        #expect(paid <= calls + allowance, "\(kills) kills cost \(paid - calls) calls beyond \(calls)")
        #expect(kills >= 5, "the compile was over after \(kills) kills")
    }

    /// The same study gives the same trials, whoever runs it.
    @Test(.timeLimit(.minutes(5)), arguments: [1, 4]) func workerProcesses(count: Int) async throws {
        let inside = try await Workbench(latencyMilliseconds: 10)
        #expect(try await inside.run("compile", inside.study.path, "--quiet", "--concurrency", "64").status == 0)
        let outside = try await Workbench(latencyMilliseconds: 10)
        let answer = try await outside.run(
            "compile", outside.study.path, "--quiet", "--workers", String(count), "--concurrency", "8")
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(try await outside.trials() == inside.trials())
    }

    @Test(.timeLimit(.minutes(2))) func interruptedAndResumed() async throws {
        let bench = try await Workbench(latencyMilliseconds: 60)
        let child = try bench.start("compile", bench.study.path, "--json")
        while child.isRunning, !child.standardError.contains("baseline began") { try await Task.sleep(for: .milliseconds(20)) }
        child.signal(SIGINT)
        #expect(await child.wait() == 130)
        let answer = try await bench.run("compile", bench.study.path, "--json")
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(answer.errors.contains("resuming"))
        // Finished: the stored result is printed, without a call.
        let calls = try await bench.lm.calls()
        let again = try await bench.run("compile", bench.study.path, "--json")
        #expect(again.status == 0 && again.json["best"] == answer.json["best"])
        #expect(try await bench.lm.calls() == calls)
    }
}
