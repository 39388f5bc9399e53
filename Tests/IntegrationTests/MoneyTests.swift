import Foundation
import Glibc
import JSON
import TestSupport
import Testing

/// Every call is booked before it leaves: caps hold whatever the workers do, and nothing paid is lost.
@Suite(.serialized) struct MoneyTests {
    /// The demo's study, priced.
    private func bench(latencyMilliseconds: Int) async throws -> (Workbench, prices: [String: String]) {
        let bench = try await Workbench(latencyMilliseconds: latencyMilliseconds)
        try bench.write(#"{"openai/sim": {"prompt": 1, "completion": 3}}"#, to: "prices.json")
        return (bench, ["NIGHTSHIFT_PRICES": bench.folder.appendingPathComponent("prices.json").path])
    }

    private func dollars(_ stats: JSON) -> Double {
        (Double(stats["prompt_tokens"]?.intValue ?? 0) + 3 * Double(stats["completion_tokens"]?.intValue ?? 0)) / 1e6
    }

    /// The parts of limits that were said to be used up, in order.
    private func warnings(of bench: Workbench) async throws -> [Int] {
        let events = try await bench.run("events", "support-routing", "--json", "--last", "1000")
        return (events.json.arrayValue ?? []).filter { $0["kind"] == "budget.warning" }.compactMap {
            $0["data"]?["percent"]?.intValue
        }
    }

    /// The provider's own bill stays under the cap, with many calls in flight in many processes.
    @Test(.timeLimit(.minutes(10))) func aCapInDollarsIsNeverPassed() async throws {
        let (bench, prices) = try await bench(latencyMilliseconds: 100)
        let dry = try await bench.run("compile", bench.study.path, "--dry-run", "--json", environment: prices)
        let cap = try #require(dry.json["estimate"]?["likely"]?["usd"]?.doubleValue) * 0.8
        let answer = try await bench.run(
            "compile", bench.study.path, "--json", "--workers", "3", "--concurrency", "24", "--set", "budget.usd=\(cap)", "--set",
            "lm.task.max_tokens=400", environment: prices)
        #expect(answer.status == 3, "\(answer.status) \(answer.errors)")
        #expect(answer.json["study"]?["finish_reason"] == "budget_usd")
        let bill = dollars(try await bench.lm.stats())
        let used = try #require(answer.json["ledger"]?["used"]?["usd"]?.doubleValue)
        #expect(bill <= cap && bill > cap / 2, "\(bill)")
        #expect(used <= cap && abs(used - bill) < 1e-9, "booked \(used), billed \(bill)")
        let warned = try await warnings(of: bench)
        #expect(warned == [50] || warned == [50, 80], "\(warned)")
        #expect(answer.errors.contains(" % of budget.usd is used"))
    }

    /// Calls of a program for a role that the study itself does not call, all at once, and how they were answered.
    private func ask(_ count: Int, _ address: String, _ bench: Workbench, tag: String) async throws -> (
        answered: Int, output: String
    ) {
        let requests = (0..<count).map { number in
            let body: JSON = [
                "model": "sim", "max_tokens": 100, "messages": [["role": "user", "content": .string("judge \(tag) \(number)")]],
            ]
            return "url = \"\(address)\"\ndata = \"\(body.serialized().replacing("\"", with: "\\\""))\"\nwrite-out = \"\\n\""
        }
        try bench.write(requests.joined(separator: "\nnext\n") + "\n", to: "requests-\(tag)")
        let file = bench.folder.appendingPathComponent("requests-\(tag)").path
        let child = try bench.start(
            URL(fileURLWithPath: "/usr/bin/curl"), ["-sS", "-Z", "--parallel-max", "200", "--max-time", "60", "-K", file])
        _ = await child.wait()
        let output = child.standardOutput
        return (output.ranges(of: "\"choices\"").count, output)
    }

    private func address(of gateway: Child) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline, gateway.isRunning {
            if let line = gateway.standardError.split(separator: "\n").first(where: { $0.contains("gateway ready on ") }) {
                return String(try #require(line.split(separator: " ").last)).replacingOccurrences(of: "/v1", with: "")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the gateway did not start: \(gateway.standardError)")
        return ""
    }

    /// The study has no judge, but a program behind the gateway asks one: in dollars too, and whoever's limit it is.
    @Test(.timeLimit(.minutes(5)), arguments: [["--usd", "0.004"], ["--role", "judge", "--usd", "0.004"]])
    func aCapHoldsForRolesThatTheStudyDoesNotCall(limit: [String]) async throws {
        let (bench, prices) = try await bench(latencyMilliseconds: 50)
        let url = try await TestCluster.shared.makeDatabase()
        try #require(try await bench.run("db", "migrate", database: url).status == 0)
        let submitted = try await bench.run("submit", bench.study.path, database: url, environment: prices)
        try #require(submitted.status == 0, "\(submitted.errors)")
        let change = ["budget", "support-routing"] + limit + ["--database", url]
        let changed = try bench.start(Products.nightshift, change, environment: prices)
        try #require(await changed.wait() == 0, "\(changed.standardError)")
        let gateway = try bench.start("gateway", "--listen", "127.0.0.1:0", database: url)
        let calls = try await address(of: gateway) + "/study/support-routing/trial/1/role/judge/v1/chat/completions"
        let (answered, output) = try await ask(300, calls, bench, tag: "a")
        let bill = dollars(try await bench.lm.stats())
        #expect(answered > 0 && answered < 300 && bill <= 0.004 && bill > 0.002, "\(answered) answered, \(bill) billed")
        let isRefused = output.contains("budget_exhausted")
        #expect(isRefused, "\(output.prefix(500))")
        gateway.signal(SIGTERM)
        #expect(await gateway.wait() == 0)
        let shown = try await bench.run(
            "budget", "support-routing", "--role", "judge", "--json", database: url, environment: prices)
        let used = shown.json["used"]?["usd"]?.doubleValue ?? -1
        #expect(shown.json["role"] == "judge" && abs(used - bill) < 1e-9, "\(shown.output) \(shown.errors)")
    }

    /// A call whose price nobody knows is no call for nothing.
    @Test(.timeLimit(.minutes(5))) func aCallWithoutAPriceIsRefused() async throws {
        let (bench, prices) = try await bench(latencyMilliseconds: 0)
        let url = try await TestCluster.shared.makeDatabase()
        try #require(try await bench.run("db", "migrate", database: url).status == 0)
        let judge = "lm.judge={model: openai/unpriced, base_url: \"\(bench.lm.baseURL)\"}"
        let submitted = try await bench.run(
            "submit", bench.study.path, "--set", judge, "--set", "budget.usd=5", database: url, environment: prices)
        try #require(submitted.status == 0, "\(submitted.errors)")
        let gateway = try bench.start("gateway", "--listen", "127.0.0.1:0", database: url)
        let root = try await address(of: gateway) + "/study/support-routing/role"
        let refused = try await ask(1, root + "/judge/v1/chat/completions", bench, tag: "b")
        #expect(refused.answered == 0 && refused.output.contains("price_unknown"), "\(refused.output)")
        #expect(refused.output.contains("no price is known for openai/unpriced (lm.judge)"), "\(refused.output)")
        #expect(try await bench.lm.calls() == 0)
        #expect(try await ask(1, root + "/task/v1/chat/completions", bench, tag: "c").answered == 1)
        let own = try await bench.run(
            "budget", "support-routing", "--role", "judge", "--usd", "1", database: url, environment: prices)
        #expect(own.status == 2 && own.errors.contains("budget.roles.judge.usd: no price is known"), "\(own.errors)")
        // A worker's gateway knows whose calls they are that name no study.
        let worker = try bench.start("worker", "--study", "support-routing", "--gateway", "127.0.0.1:0", database: url)
        let unnamed = try await ask(1, try await address(of: worker) + "/role/judge/v1/chat/completions", bench, tag: "d")
        #expect(unnamed.answered == 0 && unnamed.output.contains("price_unknown"), "\(unnamed.output)")
        for child in [gateway, worker] {
            child.signal(SIGTERM)
            #expect(await child.wait() == 0)
        }
    }

    /// What is said to be needed is enough for a candidate; and the limit of a role that has done its work ends nothing.
    @Test(.timeLimit(.minutes(10)), arguments: ["prompt", "teacher"]) func whatIsNeededIsEnough(role: String) async throws {
        let (bench, prices) = try await bench(latencyMilliseconds: 10)
        func compile(_ cap: String) async throws -> Workbench.Answer {
            try await bench.run(
                "compile", bench.study.path, "--json", "--quiet", "--set", "lm.task.max_tokens=500", "--set",
                "budget={roles: {\(role): {usd: \(cap)}}}", environment: prices)
        }
        let refused = try await compile("0.0001")
        let needed = try #require(refused.errors.firstMatch(of: /need about \$([0-9.]+)/)?.1, "\(refused.errors)")
        #expect(refused.status == 2)
        let answer = try await compile(String(needed))
        #expect(answer.status == 0 || answer.status == 3, "\(answer.errors)")
        #expect((answer.json["trials"]?.intValue ?? 0) > 1, "\(answer.output) \(answer.errors)")
        let used = try #require(answer.json["ledger"]?["roles"]?[role]?["used"]?["usd"]?.doubleValue)
        #expect(try used <= #require(Double(needed)), "\(used) of \(needed)")
    }

    /// A cap that is nearly reached: it is said when half of it is used, and when four fifths are, once each.
    @Test(.timeLimit(.minutes(10))) func bothWarningsAreSaid() async throws {
        let (quiet, prices) = try await bench(latencyMilliseconds: 0)
        let full = try await quiet.run("compile", quiet.study.path, "--json", "--quiet", environment: prices)
        try #require(full.status == 0, "\(full.errors)")
        let cap = dollars(try await quiet.lm.stats()) / 0.9
        // Slow enough for a look between four fifths and the end.
        let bench = try await Workbench(latencyMilliseconds: 200)
        try FileManager.default.copyItem(
            at: quiet.folder.appendingPathComponent("prices.json"), to: bench.folder.appendingPathComponent("prices.json"))
        let answer = try await bench.run(
            "compile", bench.study.path, "--json", "--concurrency", "8", "--set", "budget.usd=\(cap)", environment: prices)
        let warned = try await warnings(of: bench)
        #expect(warned == [50, 80], "\(warned) \(answer.errors)")
        for percent in [50, 80] { #expect(answer.errors.contains("\(percent) % of budget.usd is used")) }
    }

    /// Killed with calls in flight: what is confirmed and what may have been billed bracket the provider's own count.
    @Test(.timeLimit(.minutes(10))) func whatKilledWorkersSentIsUnconfirmed() async throws {
        let (bench, _) = try await bench(latencyMilliseconds: 700)
        let child = try bench.start(
            "compile", bench.study.path, "--json", "--workers", "2", "--concurrency", "8", "--set", "cache=false")
        for _ in 0..<3 {
            let before = try await bench.lm.calls()
            while child.isRunning, try await bench.lm.calls() < before + 30 { try await Task.sleep(for: .milliseconds(50)) }
            try #require(child.isRunning, "\(child.standardError)")
            for worker in workers(of: child.pid) { kill(worker, SIGKILL) }
        }
        try await bench.lm.configure(["latency_ms": 5])
        #expect(await child.wait() == 0, "\(child.standardError)")
        let account = try await bench.run("budget", "support-routing", "--json").json
        let (used, unconfirmed) = (
            account["used"]?["lm_calls"]?.intValue ?? -1, account["unconfirmed"]?["lm_calls"]?.intValue ?? -1
        )
        let billed = try await bench.lm.calls()
        #expect(used <= billed && billed <= used + unconfirmed, "\(used) confirmed, \(unconfirmed) unconfirmed, \(billed) billed")
        // Six processes with eight calls each, and what a moment's allowance was beside: more where the machine is slow.
        #expect(unconfirmed > 0 && unconfirmed <= 600, "\(unconfirmed)")
        let tokens = (account["used"]?["tokens"]?.intValue ?? 0, account["unconfirmed"]?["tokens"]?.intValue ?? 0)
        let stats = try await bench.lm.stats()
        let billedTokens = (stats["prompt_tokens"]?.intValue ?? 0) + (stats["completion_tokens"]?.intValue ?? 0)
        #expect(tokens.0 <= billedTokens && billedTokens <= tokens.0 + tokens.1, "\(tokens) \(billedTokens)")
    }

    /// A late request is sent a second time, and both are booked.
    @Test(.timeLimit(.minutes(10))) func hedgesArePaid() async throws {
        let (bench, _) = try await bench(latencyMilliseconds: 40)
        try await bench.lm.configure(["hang_rate": 0.02])
        let answer = try await bench.run(
            "compile", bench.study.path, "--json", "--set", "lm.task.hedge=true", "--set", "lm.task.timeout=20s", "--set", "cache=false")
        #expect(answer.status == 0, "\(answer.errors)")
        let calls = try await bench.lm.calls()
        let lm = answer.json["lm"]
        #expect((lm?["attempts"]?.intValue ?? 0) > (lm?["calls"]?.intValue ?? 0), "\(answer.output)")
        let account = try await bench.run("budget", "support-routing", "--json").json
        let used = account["used"]?["lm_calls"]?.intValue ?? -1
        let unconfirmed = account["unconfirmed"]?["lm_calls"]?.intValue ?? -1
        #expect(used <= calls && calls <= used + unconfirmed, "\(used) confirmed, \(unconfirmed) unconfirmed, \(calls) billed")
        #expect(used + unconfirmed > (lm?["calls"]?.intValue ?? .max), "what hedged calls took is booked too: \(used) \(unconfirmed)")
    }

    private func workers(of parent: Int32) -> [Int32] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap(Int32.init) ?? []
        return processes.filter { process in
            guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let command = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)
            else { return false }
            let parts = text.split(separator: ")").last?.split(separator: " ") ?? []
            return parts.dropFirst().first.flatMap { Int32($0) } == parent && command.contains("--with-parent")
        }
    }

    /// The search goes on where the budget stopped it, and ends as if there had been none.
    @Test(.timeLimit(.minutes(10))) func aStoppedStudyIsContinued() async throws {
        let quiet = try await Workbench(latencyMilliseconds: 5)
        let full = try await quiet.run("compile", quiet.study.path, "--json", "--quiet")
        try #require(full.status == 0, "\(full.errors)")
        let calls = try await quiet.lm.calls()
        let bench = try await Workbench(latencyMilliseconds: 5)
        let stopped = try await bench.run("compile", bench.study.path, "--json", "--set", "budget.lm_calls=\(calls * 3 / 4)")
        try #require(stopped.status == 3, "\(stopped.errors)")
        let raised = try await bench.run("budget", "support-routing", "--lm-calls", "100000", "--json")
        #expect(raised.status == 0 && raised.json["study"]?["state"] == "running", "\(raised.errors) \(raised.output)")
        let continued = try await bench.run("compile", bench.study.path, "--json", "--set", "budget.lm_calls=100000")
        #expect(continued.status == 0 && continued.errors.contains("resuming"), "\(continued.errors)")
        #expect(continued.json["best"] == full.json["best"])
        // What was confirmed and tested after the stop may have been for nothing: some trials have more examples.
        #expect(choices(try await bench.trials()) == choices(try await quiet.trials()))
        let again = try await bench.run("budget", "support-routing", "--lm-calls", "200000")
        #expect(again.status == 2 && again.errors.contains("no budget has stopped it"))
    }

    private func choices(_ trials: [JSON]) -> [JSON] {
        trials.map { ["number": $0["number"] ?? .null, "params": $0["params"] ?? .null] }
    }

    @Test(.timeLimit(.minutes(10))) func aDryRunCallsAndWritesNothing() async throws {
        let (bench, prices) = try await bench(latencyMilliseconds: 0)
        let dry = try await bench.run("compile", bench.study.path, "--dry-run", "--json", environment: prices)
        #expect(dry.status == 0, "\(dry.errors)")
        #expect(try await bench.lm.calls() == 0 && !FileManager.default.fileExists(atPath: bench.dataDirectory.path))
        let estimate = dry.json["estimate"]
        for key in ["calls", "tokens", "usd", "wall_s"] {
            let range = ["low", "likely", "high"].compactMap { estimate?[$0]?[key]?.doubleValue }
            #expect(range.count == 3 && range == range.sorted() && range[0] > 0, "\(key): \(range)")
        }
        // The user's own limits say how long it takes.
        let named = try #require(estimate?["likely"])
        let (calls, tokens) = (named["calls"]?.doubleValue ?? 0, named["tokens"]?.doubleValue ?? 0)
        for (limit, seconds) in [
            ("requests_per_minute=60", calls), ("tokens_per_minute=6000", tokens / 100), ("concurrency=2", calls / 2),
        ] {
            let slow = try await bench.run("compile", bench.study.path, "--dry-run", "--json", "--set", "lm.task.\(limit)")
            let wall = slow.json["estimate"]?["likely"]?["wall_s"]?.doubleValue ?? 0
            #expect(abs(wall / seconds - 1) < 0.01, "\(limit): \(wall) \(seconds)")
        }
        let unpriced = try await bench.run("compile", bench.study.path, "--dry-run")
        #expect(unpriced.output.contains("unknown") && unpriced.output.contains("no price is known for openai/sim"))
        // What is too small for one useful step is refused with what is needed.
        let least = try #require(dry.json["least"]?["usd"]?.doubleValue)
        let refused = try await bench.run("compile", bench.study.path, "--set", "budget.usd=\(least / 2)", environment: prices)
        #expect(refused.status == 2 && refused.errors.contains("too small for one useful step"), "\(refused.errors)")
        #expect(refused.errors.contains("study.yaml: budget.usd: "), "\(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: bench.dataDirectory.path))
        // The bill is near the estimate.
        let likely = try #require(estimate?["likely"]?["usd"]?.doubleValue)
        let compiled = try await bench.run("compile", bench.study.path, "--json", environment: prices)
        #expect(compiled.status == 0 && compiled.errors.contains("estimate"), "\(compiled.errors)")
        let bill = dollars(try await bench.lm.stats())
        #expect(abs(likely / bill - 1) < 0.5, "\(likely) estimated, \(bill) billed")
    }
}
