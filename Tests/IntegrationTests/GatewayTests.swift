import Foundation
import Glibc
import JSON
import TestSupport
import Testing

/// Programs of others behind the gateway: they run as they are, and their calls pass the stack.
@Suite(.serialized) struct GatewayTests {
    private func ready(_ gateway: Child) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            for line in gateway.standardError.split(separator: "\n") where line.contains("gateway ready on ") {
                return String(try #require(line.split(separator: " ").last))
            }
            try #require(gateway.isRunning, "\(gateway.standardError)")
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the gateway did not start: \(gateway.standardError)")
        return ""
    }

    private func python(_ bench: Workbench, _ script: String, _ arguments: String...) async throws -> JSON {
        let executable = try #require(PeerPython.executable)
        let file = bench.folder.appendingPathComponent("program.py")
        try Data(script.utf8).write(to: file)
        let child = try Child(
            executable, [file.path] + arguments, environment: ["DSPY_CACHEDIR": bench.folder.path], folder: bench.folder)
        let status = await child.wait()
        try #require(status == 0, "\(child.standardError)")
        return try JSON(parsing: child.standardOutput.split(separator: "\n").last.map(String.init) ?? "")
    }

    @Test(.enabled(if: PeerPython.executable != nil, Comment(rawValue: PeerPython.absence)), .timeLimit(.minutes(4)))
    func openAIsPackageRunsThroughIt() async throws {
        let bench = try await Workbench()
        let gateway = try bench.start("gateway", "--listen", "127.0.0.1:0", "--base-url", bench.lm.baseURL)
        let base = try await ready(gateway)
        let script = """
            import json, sys, openai
            client = openai.OpenAI(base_url=sys.argv[1], api_key="none")
            messages = [{"role": "user", "content": "What is the capital of France?"}]
            def texts(stream):
                parts = list(stream)
                return "".join(p.choices[0].delta.content or "" for p in parts if p.choices), parts[-1].usage, len(parts)
            ask = lambda **more: client.chat.completions.create(model="sim", messages=messages, **more)
            first, second = ask(), ask()
            replayed, usage, _ = texts(ask(stream=True, stream_options={"include_usage": True}))
            streamed, nothing, parts = texts(ask(stream=True, temperature=0.4))
            whole = ask(temperature=0.4).choices[0].message.content
            vectors = client.embeddings.create(model="sim", input=["a b", "c d"]).data
            models = [m.id for m in client.models.list()]
            try:
                ask(temperature="hot"); status = 200
            except openai.BadRequestError as error:
                status = error.status_code
            print(json.dumps({
                "same": first == second, "replayed": replayed == first.choices[0].message.content,
                "usage": usage.total_tokens == first.usage.total_tokens, "streamed": streamed == whole, "nothing": nothing,
                "parts": parts, "vectors": [len(v.embedding) > 0 for v in vectors], "models": models, "status": status}))
            """
        let said = try await python(bench, script, base)
        #expect(said["same"] == true && said["replayed"] == true && said["usage"] == true && said["streamed"] == true)
        #expect(said["nothing"] == .null && (said["parts"]?.intValue ?? 0) > 2)
        #expect(said["vectors"] == [true, true] && said["models"] == ["sim"] && said["status"] == 400)
        #expect(try await bench.lm.calls() == 2)
        gateway.signal(SIGTERM)
        #expect(await gateway.wait() == 0)
    }

    /// A worker's gateway: the study's own model answers, whatever DSPy calls it, and the cache is the team's.
    @Test(.enabled(if: PeerPython.executable != nil, Comment(rawValue: PeerPython.absence)), .timeLimit(.minutes(4)))
    func DSPyRunsThroughAWorker() async throws {
        let bench = try await Workbench()
        let url = try await TestCluster.shared.makeDatabase()
        try #require(try await bench.run("db", "migrate", database: url).status == 0)
        let submitted = try await bench.run("submit", bench.study.path, "--json", database: url)
        try #require(submitted.status == 0, "\(submitted.errors)")
        let worker = try bench.start("worker", "--gateway", "127.0.0.1:0", database: url)
        let root = try await ready(worker).replacingOccurrences(of: "/v1", with: "")
        let script = """
            import asyncio, json, sys, dspy
            lm = dspy.LM("openai/task", api_base=sys.argv[1], api_key="none", cache=False, temperature=0.0)
            dspy.configure(lm=lm)
            program = dspy.Predict("utterance -> intent")
            first, second = program(utterance="my card was eaten").intent, program(utterance="my card was eaten").intent
            async def stream():
                watched = dspy.streamify(
                    program, stream_listeners=[dspy.streaming.StreamListener(signature_field_name="intent")])
                parts, result = [], None
                async for part in watched(utterance="where is my new card"):
                    if isinstance(part, dspy.Prediction): result = part.intent
                    elif isinstance(part, dspy.streaming.StreamResponse): parts.append(part.chunk)
                return "".join(parts), result
            parts, result = asyncio.run(stream())
            print(json.dumps({"same": first == second, "intent": first, "parts": parts, "result": result}))
            """
        let said = try await python(bench, script, "\(root)/study/support-routing/trial/3/v1")
        #expect(said["same"] == true && said["intent"]?.stringValue?.isEmpty == false)
        #expect(said["parts"] == said["result"] && said["result"]?.stringValue?.isEmpty == false)
        #expect(try await bench.lm.calls() == 2)
        let usage = try await python(
            bench, "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())", "\(root)/usage")
        #expect(usage[0]?["study"] == "support-routing" && usage[0]?["trial"] == 3 && usage[0]?["calls"] == 2)
        #expect(usage[0]?["cached"] == 1 && usage[0]?["failed"] == 0)
        #expect(try await bench.run("cache", "stats", "--json", database: url).json["answers"] == 2)
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
    }

    /// A program that asks for more than its study's budget has is told so at once; the study and other calls go on. The gateway's
    /// metrics count both.
    @Test(.timeLimit(.minutes(4))) func aCallBeyondTheBudgetIsRefusedAtOnce() async throws {
        let bench = try await Workbench()
        let url = try await TestCluster.shared.makeDatabase()
        try #require(try await bench.run("db", "migrate", database: url).status == 0)
        let submitted = try await bench.run("submit", bench.study.path, "--set", "budget.tokens=800000", "--json", database: url)
        try #require(submitted.status == 0, "\(submitted.errors)")
        let gateway = try bench.start("gateway", "--listen", "127.0.0.1:0", "--metrics", "0", database: url)
        let address = try await ready(gateway) + "/chat/completions"
        func ask(_ number: Int, _ limit: Int) throws -> Child {
            let body: JSON = [
                "model": "task", "max_tokens": .int(limit),
                "messages": [["role": "user", "content": .string("question \(number)")]],
            ]
            return try bench.start(
                URL(fileURLWithPath: "/usr/bin/curl"),
                ["-sS", "--max-time", "60", "-H", "X-Nightshift-Study: support-routing", "-d", body.serialized(), address])
        }
        let huge = try (0..<2).map { try ask($0, 900_000) }
        let small = try (2..<6).map { try ask($0, 50) }
        for child in huge + small { #expect(await child.wait() == 0, "\(child.standardError)") }
        for child in huge {
            let error = try JSON(parsing: child.standardOutput)["error"]
            #expect(error?["type"] == "insufficient_quota" && error?["code"] == "budget_exhausted", "\(child.standardOutput)")
            #expect(error?["message"]?.stringValue?.hasPrefix("budget.tokens leaves no room for a call of up to ") == true)
        }
        for child in small { #expect(try JSON(parsing: child.standardOutput)["choices"] != nil, "\(child.standardOutput)") }
        #expect(try await bench.lm.calls() == 4)
        let counted = try await bench.metrics(of: gateway)
        let model = "endpoint=\"\(bench.lm.baseURL)\",model=\"sim\""
        #expect(counted["nightshift_lm_budget_refusals_total"] == 2, "\(counted)")
        #expect(counted["nightshift_lm_requests_total{\(model),outcome=\"200\"}"] == 4, "\(counted)")
        #expect(counted["nightshift_lm_request_seconds_count{\(model)}"] == 4)
        #expect(counted["nightshift_lm_in_flight{\(model)}"] == 0)
        #expect(counted["nightshift_lm_wait_seconds_count{for=\"ledger\"}", default: 0] >= 2)
        // It was no unit that was refused: the study ends as if nobody had asked.
        let others = [try bench.start("coordinator", database: url), try bench.start("worker", database: url)]
        #expect(try await bench.run("watch", "support-routing", "--quiet", database: url).status == 0)
        let budget = try await bench.run("budget", "support-routing", "--json", database: url).json
        #expect(budget["study"]?["state"] == "finished", "\(budget)")
        for child in others + [gateway] {
            child.signal(SIGTERM)
            #expect(await child.wait() == 0, "\(child.standardError)")
        }
    }

    @Test(.timeLimit(.minutes(2))) func badFlagsAreRefused() async throws {
        let bench = try await Workbench()
        let cases: [([String], String)] = [
            (["gateway", "--listen", "nowhere:x"], "--listen must be an address"),
            (["gateway", "--base-url", "ftp://x"], "--base-url: "),
            (["gateway", "--timeout", "soon"], "--timeout: "),
            (["gateway", "missing.yaml"], "missing.yaml"),
            (["worker", "--gateway", "nowhere:x"], "--gateway must be an address"),
        ]
        for (arguments, words) in cases {
            let child = try Child(Products.nightshift, arguments, environment: bench.environment, folder: bench.folder)
            #expect(await child.wait() == 2)
            #expect(child.standardError.contains(words), "\(child.standardError)")
        }
    }
}
