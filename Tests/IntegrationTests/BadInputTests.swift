import Foundation
import Glibc
import JSON
import Postgres
import TestSupport
import Testing

/// Bad input ends with exit code 2, names the place and the fix, and leaves nothing behind.
@Suite struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        /// A replacement in the study file.
        var change: (String, String)?
        /// A data file to write.
        var file: (name: String, text: String)?
        var expected: [String]
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "unknown key", change: ("metric:", "metrik:"), expected: ["study.yaml:15", "metrik", "did you mean 'metric'"]),
        Case(
            name: "missing data file", change: ("train.jsonl", "trian.jsonl"),
            expected: ["data.train", "trian.jsonl", "no such file"]),
        Case(
            name: "broken line", change: ("val.jsonl", "broken.jsonl"),
            file: ("broken.jsonl", "{\"message\": \"a\", \"queue\": \"refund\"}\n{\"message\": \n"), expected: ["broken.jsonl:2"]),
        Case(
            name: "absent input", change: ("train.jsonl", "absent.jsonl"), file: ("absent.jsonl", "{\"queue\": \"refund\"}\n"),
            expected: ["absent.jsonl:1", "message"]),
        Case(
            name: "absent label", change: ("train.jsonl", "absent.jsonl"), file: ("absent.jsonl", "{\"message\": \"a\"}\n"),
            expected: ["absent.jsonl:1", "queue"]),
        Case(
            name: "unknown type", change: ("message -> queue", "message: strr -> queue"),
            expected: ["study.yaml:11", "strr", "'str'"]),
        Case(
            name: "input that nothing provides", change: ("message -> queue", "message, topic -> queue"),
            expected: ["'topic'", "route"]),
        Case(
            name: "empty validation set", change: ("val.jsonl", "empty.jsonl"), file: ("empty.jsonl", "\n"),
            expected: ["data.val", "no rows"]),
        Case(
            name: "minibatch larger than validation",
            change: ("auto: light", "auto: null, num_candidates: 4, num_trials: 5, minibatch_size: 100"),
            expected: ["optimizer.minibatch_size", "100", "64"]),
        Case(
            name: "metric on no output", change: ("field: queue}\n", "field: queu}\n"),
            expected: ["metric.field", "'queu'", "'queue'"]),
        Case(
            name: "missing key", change: ("base_url: \"${OPENAI_BASE_URL:-http://127.0.0.1:8080/v1}\", ", ""),
            expected: ["api.openai.com", "OPENAI_API_KEY"]),
        Case(
            name: "an optimizer without its budget", change: ("kind: mipro, auto: light", "kind: gepa"),
            expected: ["optimizer.auto", "is missing", "max_metric_calls"]),
        Case(
            name: "a budget that the baseline uses up", change: ("kind: mipro, auto: light", "kind: gepa, max_metric_calls: 64"),
            expected: ["optimizer.max_metric_calls", "64 validation rows"]),
    ]

    @Test(arguments: cases) func isRefused(_ bad: Case) async throws {
        let bench = try await Workbench()
        if let (old, new) = bad.change {
            let text = try bench.text(of: "study.yaml")
            try #require(text.contains(old))
            try bench.write(text.replacingOccurrences(of: old, with: new), to: "study.yaml")
        }
        if let file = bad.file { try bench.write(file.text, to: file.name) }
        let answer = try await bench.run("compile", "study.yaml", environment: ["OPENAI_API_KEY": ""])
        #expect(answer.status == 2)
        for part in bad.expected { #expect(answer.errors.contains(part), "\(answer.errors)") }
        #expect(answer.output.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: bench.dataDirectory.path), "nothing was written")
    }

    @Test func unreachableDatabase() async throws {
        let bench = try await Workbench()
        let answer = try await bench.run("compile", "study.yaml", database: "postgres://me:secret@127.0.0.1:1/none")
        #expect(answer.status == 4)
        #expect(answer.errors.contains("127.0.0.1"))
        #expect(!answer.errors.contains("secret"))
        #expect(!FileManager.default.fileExists(atPath: bench.dataDirectory.path))
    }

    @Test func unmigratedDatabase() async throws {
        let bench = try await Workbench()
        let url = try await TestCluster.shared.makeDatabase()
        let answer = try await bench.run("submit", "study.yaml", database: url)
        #expect(answer.status == 4)
        #expect(answer.errors.contains("db migrate"))
    }

    /// A changed file under the name of an unfinished study is refused; the study itself goes on.
    @Test(.timeLimit(.minutes(10))) func changedStudyFile() async throws {
        let bench = try await Workbench()
        let original = try bench.text(of: "study.yaml")
        try await bench.lm.configure(["unauthorized": true])
        #expect(try await bench.run("compile", "study.yaml", "--quiet").status == 4)
        try bench.write(original.replacingOccurrences(of: "seed: 9", with: "seed: 10"), to: "study.yaml")
        let refused = try await bench.run("compile", "study.yaml", "--quiet")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("Changed: seed") && refused.errors.contains("--fresh"))
        try await bench.lm.configure(["unauthorized": false])
        #expect(try await bench.run("compile", "study.yaml", "--quiet", "--fresh").status == 0)
        let states = try await bench.run("studies", "--json").json.arrayValue?.compactMap { $0["state"]?.stringValue }
        #expect(states == ["finished", "cancelled"])
    }

    /// A bad key pauses a team's study at once, with the endpoint and the variable named and no attempt of a unit used up; with
    /// the right key it goes on.
    @Test(.timeLimit(.minutes(10))) func aBadKeyPausesATeamsStudy() async throws {
        let bench = try await Workbench()
        let url = try await TestCluster.shared.makeDatabase()
        try #require(try await bench.run("db", "migrate", database: url).status == 0)
        try await bench.lm.configure(["unauthorized": true])
        let submitted = try await bench.run("submit", "study.yaml", "--set", "lm.task.api_key_env=TEAM_KEY", database: url)
        try #require(submitted.status == 0, "\(submitted.errors)")
        let id = submitted.output.trimmingCharacters(in: .whitespacesAndNewlines)
        func worker(_ key: String) throws -> Child {
            try bench.start(Products.nightshift, ["worker", "--database", url], environment: ["TEAM_KEY": key])
        }
        var workers = [try worker("sk-wrong"), try worker("sk-wrong")]
        for child in workers {
            while child.isRunning, !child.standardError.contains("ready on") { try await Task.sleep(for: .milliseconds(50)) }
        }
        let begun = ContinuousClock.now
        let coordinator = try bench.start("coordinator", database: url)
        var study: JSON?
        repeat {
            try await Task.sleep(for: .milliseconds(100))
            study = try await bench.run("status", id, "--json", database: url).json["study"]
        } while study?["state"] != "paused" && ContinuousClock.now - begun < .seconds(30)
        #expect(study?["state"] == "paused")
        let message = study?["message"]?.stringValue ?? ""
        #expect(message.contains("401") && message.contains(bench.lm.baseURL) && message.contains("TEAM_KEY"), "\(message)")
        #expect(!message.contains("sk-wrong"))
        func rows(_ sql: String) async throws -> Int {
            let connection = try await PostgresConnection.connect(PostgresAddress(url: url))
            let count = try await connection.query("SELECT count(*) AS rows FROM nightshift.\(sql)").first?.int("rows")
            await connection.close()
            return try #require(count)
        }
        #expect(try await rows("unit WHERE failures > 0 OR losses > 0 OR state <> 'ready'") == 0)
        #expect(try await rows("unit") > 0)
        #expect(try await rows("result") == 0)
        try await bench.lm.configure(["unauthorized": false])
        for child in workers {
            child.signal(SIGTERM)
            #expect(await child.wait() == 0, "\(child.standardError)")
        }
        workers = [try worker("sk-right")]
        #expect(try await bench.run("resume", id, database: url).status == 0)
        let watched = try await bench.run("watch", id, "--quiet", "--json", database: url)
        #expect(watched.status == 0, "\(watched.errors)")
        #expect(try await bench.run("status", id, "--json", database: url).json["study"]?["state"] == "finished")
        #expect(try await rows("result WHERE outcome = 'infrastructure_error'") == 0)
        for child in workers + [coordinator] {
            child.signal(SIGTERM)
            #expect(await child.wait() == 0, "\(child.standardError)")
        }
    }

    /// An LM that refuses pauses the study; no example is scored zero, and the same command resumes.
    @Test(.timeLimit(.minutes(10)), arguments: [["unauthorized": true], ["models": ["another"]]] as [JSON])
    func refusingLM(_ settings: JSON) async throws {
        let bench = try await Workbench()
        try await bench.lm.configure(settings)
        let refused = try await bench.run("compile", "study.yaml", "--json")
        #expect(refused.status == 4)
        #expect(refused.errors.contains("401") || refused.errors.contains("404"), "\(refused.errors)")
        let trials = try await bench.trials()
        #expect(trials.allSatisfy { $0["score"] == .null && $0["examples"] == 0 })
        let status = try await bench.run("status", bench.study.path, "--json").json
        #expect(status["study"]?["state"] == "paused")
        try await bench.lm.configure(["unauthorized": false, "models": []])
        let answer = try await bench.run("compile", "study.yaml", "--json")
        #expect(answer.status == 0, "\(answer.errors)")
        #expect((answer.json["best"]?["test"]?.doubleValue ?? 0) > 0.5)
    }
}
