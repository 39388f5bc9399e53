import Foundation
import Glibc
import JSON
import Testing

/// A study's LM calls, written down and answered from the file.
@Suite(.serialized) struct RecordingTests {
    private func trials(_ bench: Workbench, _ folder: String) async throws -> [JSON] {
        let answer = try await bench.run("trials", "support-routing", "--json", "--data-dir", folder)
        try #require(answer.status == 0, "\(answer.errors)")
        let keys = ["number", "params", "score", "examples", "state"]
        return (answer.json.arrayValue ?? []).map { trial in .object(JSONObject(keys.map { ($0, trial[$0] ?? .null) })) }
    }

    /// Two worker processes record, one of them is killed; the same study, from the file alone, gives the same trials.
    @Test(.timeLimit(.minutes(5))) func aStudyRunsAgainWithoutTheNetwork() async throws {
        let bench = try await Workbench(latencyMilliseconds: 20, flags: ["--malformed-rate", "0.05"])
        let secret = "sk-very-secret-4711"
        let key = ["OPENAI_API_KEY": secret, "TEST_KEY": secret]
        let keyed = ["--set", "lm.task.api_key_env=TEST_KEY"]
        func compile(_ arguments: String...) throws -> Child {
            try Child(
                Products.nightshift, ["compile", bench.study.path, "--json"] + keyed + arguments,
                environment: bench.environment.merging(key) { _, new in new }, folder: bench.folder)
        }
        let run = try compile("--record", "calls.jsonl", "--workers", "2")
        let file = bench.folder.appendingPathComponent("calls.jsonl")
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline, ((try? Data(contentsOf: file))?.count ?? 0) < 20_000 {
            try await Task.sleep(for: .milliseconds(20))
        }
        if let worker = children(of: run.pid).first(where: { commandLine($0).contains("worker") }) { kill(worker, SIGKILL) }
        try #require(await run.wait() == 0, "\(run.standardError)")
        let recorded = try await trials(bench, bench.dataDirectory.path)
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(!text.contains(secret) && !text.contains("TEST_KEY"))
        bench.lm.stop()

        let again = try compile("--replay", "calls.jsonl", "--data-dir", "replayed", "--no-cache", "-o", "again.json")
        try #require(await again.wait() == 0, "\(again.standardError)")
        #expect(try await trials(bench, "replayed") == recorded)

        // Another study asks what nobody recorded.
        let other = try compile("--replay", "calls.jsonl", "--data-dir", "other", "--set", "seed=77", "-o", "other.json")
        #expect(await other.wait() == 4)
        #expect(other.standardError.contains("the record calls.jsonl has no answer to this call of the role"))
        #expect(other.standardError.contains("differs in"))
        for folder in ["replayed", "other"] {
            let data = bench.folder.appendingPathComponent(folder)
            if let postmaster = postmasterPID(data) { killTree(of: postmaster, dataDirectory: nil) }
        }
    }

    @Test(.timeLimit(.minutes(2))) func badFlagsAreRefused() async throws {
        let bench = try await Workbench()
        for (flags, words) in [
            (["--record", "a", "--replay", "b"], "exclude each other"), (["--replay", "missing.jsonl"], "--replay: missing.jsonl"),
            (["--record", "/nowhere/x"], "--record: /nowhere/x"),
        ] {
            let child = try Child(
                Products.nightshift, ["compile", bench.study.path] + flags, environment: bench.environment, folder: bench.folder)
            #expect(await child.wait() == 2)
            #expect(child.standardError.contains(words), "\(child.standardError)")
        }
    }

    private func children(of parent: Int32) -> [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }.filter { pid in
            let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            let fields = status?.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && Int32(fields[1]) == parent
        }
    }

    private func commandLine(_ pid: Int32) -> String {
        (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
    }
}
