import Foundation
import Glibc
import JSON
import Testing

/// No crash loses anything: a compile is killed with all its processes, its database included, and started again.
@Suite(.serialized) struct CrashTests {
    /// Ten kills, each at a random moment of work under way, end in the trial table of an undisturbed run, and no example is
    /// paid for twice beyond those in flight at a kill or finished in the last 500 ms before it.
    @Test(.timeLimit(.minutes(10))) func killedTenTimes() async throws {
        // Slow and narrow, so that a life's work is well above what a kill may cost: to lose it all would break the bound.
        let (latency, inFlight) = (100, 4)
        let quiet = try await Workbench(latencyMilliseconds: latency)
        let undisturbed = try await quiet.run("compile", quiet.study.path, "--json", "--concurrency", String(inFlight))
        try #require(undisturbed.status == 0, "\(undisturbed.errors)")
        let expected = try await quiet.trials()
        let calls = try await quiet.lm.calls()
        #expect(expected.count > 3)

        let bench = try await Workbench(latencyMilliseconds: latency)
        var generator = SystemRandomNumberGenerator()
        for kill in 1...10 {
            let before = try await bench.lm.calls()
            let child = try bench.start("compile", bench.study.path, "--json", "--concurrency", String(inFlight))
            while child.isRunning, try await bench.lm.calls() == before { try await Task.sleep(for: .milliseconds(10)) }
            try await Task.sleep(for: .milliseconds(Int.random(in: 700...1200, using: &generator)))
            try #require(child.isRunning, "the compile was over before kill \(kill)")
            killTree(of: child.pid, dataDirectory: bench.dataDirectory)
            await child.wait()
        }
        let last = try await bench.run("compile", bench.study.path, "--json", "--concurrency", String(inFlight))
        #expect(last.status == 0, "\(last.errors)")
        #expect(try await bench.trials() == expected)
        #expect(last.json["best"] == undisturbed.json["best"])
        let paid = try await bench.lm.calls()
        let allowance = inFlight + inFlight * 500 / latency + inFlight
        #expect(paid <= calls + 10 * allowance, "10 kills cost \(paid - calls) calls beyond \(calls)")
    }

    /// The same study gives the same trials, whoever runs it.
    @Test(.timeLimit(.minutes(10)), arguments: [1, 4]) func workerProcesses(count: Int) async throws {
        let inside = try await Workbench(latencyMilliseconds: 10)
        #expect(try await inside.run("compile", inside.study.path, "--quiet", "--concurrency", "64").status == 0)
        let outside = try await Workbench(latencyMilliseconds: 10)
        let answer = try await outside.run(
            "compile", outside.study.path, "--quiet", "--workers", String(count), "--concurrency", "8")
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(try await outside.trials() == inside.trials())
    }

    @Test(.timeLimit(.minutes(10))) func interruptedAndResumed() async throws {
        // Slow enough that it has not ended when the signal comes, however busy the machine is.
        let bench = try await Workbench(latencyMilliseconds: 300)
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
