import Foundation
import Glibc
import JSON
import TestSupport
import Testing

/// Programs of all kinds, through the whole system.
@Suite struct ProgramTests {
    /// A program in Swift, in an executable that registers it.
    @Test(.timeLimit(.minutes(10))) func swiftProgram() async throws {
        let bench = try await Workbench()
        let example = Products.repository.appendingPathComponent("Examples/SwiftProgram/study.yaml")
        let text = try String(contentsOf: example, encoding: .utf8).replacingOccurrences(of: "../demo/", with: "")
        try bench.write(text, to: "swift.yaml")

        let stock = try await bench.run("compile", "swift.yaml")
        #expect(stock.status == 2 && stock.errors.contains("routing"), "\(stock.errors)")

        let child = try Child(
            Products.nightshift.deletingLastPathComponent().appendingPathComponent("routing-example"),
            ["compile", "swift.yaml", "--json", "--workers", "2"], environment: bench.environment, folder: bench.folder)
        #expect(await child.wait() == 0, "\(child.standardError)")
        let document = try JSON(parsing: child.standardOutput.trimmingCharacters(in: .newlines))
        #expect((document["trials"]?.intValue ?? 0) >= 4)
        let file = try JSON(parsing: try bench.text(of: "support-routing-swift.json"))
        #expect(file.objectValue?.keys.prefix(2) == ["area", "route.predict"])
    }

    /// A worker without the program says so and leaves the study alone; when there is no other, the study pauses.
    @Test(.timeLimit(.minutes(10))) func swiftProgramElsewhere() async throws {
        let bench = try await Workbench()
        let url = try await TestCluster.shared.makeDatabase()
        try #require(await bench.run("db", "migrate", database: url).status == 0)
        let example = Products.repository.appendingPathComponent("Examples/SwiftProgram/study.yaml")
        let text = try String(contentsOf: example, encoding: .utf8).replacingOccurrences(of: "../demo/", with: "")
        try bench.write(text, to: "swift.yaml")
        let submit = try Child(
            Products.nightshift.deletingLastPathComponent().appendingPathComponent("routing-example"),
            ["submit", "swift.yaml", "--database", url], environment: bench.environment, folder: bench.folder)
        try #require(await submit.wait() == 0, "\(submit.standardError)")
        let processes = [try bench.start("coordinator", database: url), try bench.start("worker", database: url)]
        var status = JSON.null
        for _ in 0..<100 where status["study"]?["state"] != "paused" {
            try await Task.sleep(for: .milliseconds(200))
            status = try await bench.run("status", "support-routing-swift", "--json", database: url).json
        }
        #expect(status["study"]?["state"] == "paused")
        #expect(status["study"]?["message"]?.stringValue?.contains("'routing' is not registered") == true, "\(status)")
        #expect(try await bench.lm.calls() == 0)
        for process in processes {
            process.signal(SIGTERM)
            await process.wait()
        }
    }

    /// The issue's real input: the compiled program beats the baseline on test by at least five points.
    @Test(
        .timeLimit(.minutes(10)), .enabled(if: Products.hasShared("data/banking30"), "needs ../shared/data/banking30"),
        arguments: [1, 2])
    func banking(steps: Int) async throws {
        let bench = try await Workbench()
        let data = Products.shared.appendingPathComponent("data/banking30").path
        let topic = """
                - topic:
                    predict: "utterance -> topic: Literal['card', 'top_up', 'transfer', 'cash', 'exchange', 'refund', 'payment', 'account']"
                    instructions: Name the product area of the customer's query.

            """
        try bench.write(
            """
            nightshift: 1
            name: banking-\(steps)
            seed: 9
            lm: {task: {model: openai/sim, base_url: "${OPENAI_BASE_URL}"}}
            program:
              steps:
            \(steps == 2 ? topic : "")    - intent:
                    chain_of_thought: "utterance\(steps == 2 ? ", topic" : "") -> intent"
                    instructions: Classify the customer's query.
                    fields: {intent: {enum: \(data)/labels.json}}
            data: {train: \(data)/train.jsonl, val: \(data)/val.jsonl, test: \(data)/test.jsonl, inputs: [utterance]}
            metric: {kind: exact_match, field: intent}
            optimizer: {kind: mipro, auto: light}
            """, to: "banking.yaml")
        let answer = try await bench.run("compile", "banking.yaml", "--json", "--concurrency", "64")
        try #require(answer.status == 0, "\(answer.errors)")
        let baseline = try #require(answer.json["baseline"]?["test"]?.doubleValue)
        let best = try #require(answer.json["best"]?["test"]?.doubleValue)
        #expect(best >= baseline + 0.05, "\(baseline) to \(best)")
        #expect(answer.json["lm"]?["by_stage"]?["baseline"]?.intValue == 300 * steps)
        #expect(answer.json["lm"]?["calls"] == answer.json["lm"]?["attempts"])
    }

    @Test(.timeLimit(.minutes(10))) func runExportAndShow() async throws {
        let bench = try await Workbench()
        let compiled = try await bench.run("compile", "study.yaml", "--json")
        try #require(compiled.status == 0, "\(compiled.errors)")
        let run = try await bench.run(
            "run", "study.yaml", "--state", "support-routing.json", "--input", #"{"message": "Where is my parcel?"}"#, "--json")
        #expect(run.json["queue"]?.stringValue?.isEmpty == false)
        let typo = try await bench.run("run", "study.yaml", "--input", #"{"mesage": "Where is my parcel?"}"#)
        #expect(typo.status == 2 && typo.errors.contains("message"))
        let exported = try await bench.run("export", "support-routing")
        #expect(exported.output == (try bench.text(of: "support-routing.json")))
        #expect(try await bench.run("export", "study.yaml", "--format", "markdown").output.contains("[[ ## message ## ]]"))
        let id = try #require(compiled.json["study"]?["id"]?.stringValue)
        let trial = try await bench.run("trial", String(id.prefix(6)), "1", "--json").json
        #expect(trial["messages"]?["route.predict"]?[0]?["role"] == "system")
        #expect(try await bench.run("trial", "support-routing", "99").status == 2)
        let status = try await bench.run("status", "support-routing", "--json").json
        #expect(status["study"]?["finish_reason"] == "trials" && status["notes"] == [])
        #expect(try await bench.run("status", "support-routing").output.contains("ended: all planned trials were run"))
        let best = status["best"]
        #expect(best?["trial"] == compiled.json["best"]?["trial"] && best?["val"] == compiled.json["best"]?["val"])
        #expect(try await bench.run("status", "nothing-of-that-name").status == 2)
        let broken = exported.output.replacingOccurrences(of: "\"route.predict\"", with: "\"rout.predict\"")
        try bench.write(broken, to: "broken.json")
        let refused = try await bench.run("evaluate", "study.yaml", "--state", "broken.json")
        #expect(refused.status == 2 && refused.errors.contains("route.predict"), "\(refused.errors)")
    }
}
