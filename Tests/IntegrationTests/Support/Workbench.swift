import Foundation
import Glibc
import JSON
import Testing

/// A scratch folder with a copy of an example's study, the demo's by default, and a simulated LM of its own.
final class Workbench: Sendable {
    let folder: URL
    let lm: SimulatedEndpoint

    var study: URL { folder.appendingPathComponent("study.yaml") }
    var dataDirectory: URL { folder.appendingPathComponent(".nightshift") }

    init(example: String = "demo", latencyMilliseconds: Int = 0, flags: [String] = []) async throws {
        let parent = FileManager.default.temporaryDirectory.appendingPathComponent(
            "nightshift-test-\(UUID().uuidString.prefix(8))")
        folder = parent.appendingPathComponent(example)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let examples = Products.demo.deletingLastPathComponent()
        // What several examples share lies beside them.
        try FileManager.default.copyItem(at: examples.appendingPathComponent("world"), to: parent.appendingPathComponent("world"))
        let source = examples.appendingPathComponent(example)
        for file in try FileManager.default.contentsOfDirectory(at: source, includingPropertiesForKeys: nil)
        where ["yaml", "json", "jsonl"].contains(file.pathExtension) && file.lastPathComponent != "support-routing.json" {
            try FileManager.default.copyItem(at: file, to: folder.appendingPathComponent(file.lastPathComponent))
        }
        lm = try await SimulatedEndpoint(folder: folder, flags: ["--latency-ms", String(latencyMilliseconds)] + flags)
    }

    var environment: [String: String] { ["OPENAI_BASE_URL": lm.baseURL, "OPENAI_API_KEY": ""] }

    func start(_ arguments: String..., database: String? = nil) throws -> Child {
        try Child(
            Products.nightshift, arguments + (database.map { ["--database", $0] } ?? []), environment: environment, folder: folder
        )
    }

    /// Starts any program, as those of the bench are started.
    func start(_ program: URL, _ arguments: [String], environment more: [String: String] = [:]) throws -> Child {
        try Child(program, arguments, environment: environment.merging(more) { _, new in new }, folder: folder)
    }

    struct Answer {
        var status: Int32
        var output: String
        var errors: String

        var json: JSON { (try? JSON(parsing: output.trimmingCharacters(in: .newlines))) ?? .null }
    }

    /// Runs a command to its end.
    func run(_ arguments: String..., database: String? = nil, environment more: [String: String] = [:]) async throws -> Answer {
        let child = try Child(
            Products.nightshift, arguments + (database.map { ["--database", $0] } ?? []),
            environment: environment.merging(more) { _, new in new }, folder: folder)
        let status = await child.wait()
        return Answer(status: status, output: child.standardOutput, errors: child.standardError)
    }

    /// Number, params, score and examples of every trial.
    func trials(_ study: String? = nil, database: String? = nil) async throws -> [JSON] {
        let answer = try await run("trials", study ?? self.study.path, "--json", database: database)
        try #require(answer.status == 0, "\(answer.errors)")
        return (answer.json.arrayValue ?? []).map { trial in
            [
                "number": trial["number"] ?? .null, "params": trial["params"] ?? .null, "score": trial["score"] ?? .null,
                "examples": trial["examples"] ?? .null,
            ]
        }
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }

    func text(of name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    deinit {
        lm.stop()
        if let postmaster = postmasterPID(dataDirectory) { killTree(of: postmaster, dataDirectory: nil) }
        try? FileManager.default.removeItem(at: folder.deletingLastPathComponent())
    }
}

/// A simulated LM in a process of its own.
final class SimulatedEndpoint: Sendable {
    let baseURL: String
    private let child: Child
    private let folder: URL

    init(folder: URL, flags: [String]) async throws {
        self.folder = folder
        child = try Child(Products.simlm, ["--port", "0"] + flags, folder: folder)
        let deadline = ContinuousClock.now + .seconds(30)
        var found: String?
        while found == nil, ContinuousClock.now < deadline {
            found = child.standardOutput.split(separator: " ").last.map { String($0).trimmingCharacters(in: .newlines) }
            try await Task.sleep(for: .milliseconds(20))
        }
        baseURL = try #require(found, "simlm did not start: \(child.standardError)")
    }

    /// What `GET /stats` answers.
    func stats() async throws -> JSON { try await curl("stats", []) }
    func calls() async throws -> Int { try await stats()["calls"]?.intValue ?? -1 }
    func reset() async throws { _ = try await curl("reset", ["-X", "POST"]) }
    func configure(_ settings: JSON) async throws { _ = try await curl("config", ["-X", "POST", "-d", settings.serialized()]) }

    /// The training jobs, the newest first.
    func trainingJobs() async throws -> [JSON] { try await curl("v1/fine_tuning/jobs", [])["data"]?.arrayValue ?? [] }

    private func curl(_ path: String, _ arguments: [String]) async throws -> JSON {
        let host = baseURL.replacingOccurrences(of: "/v1", with: "")
        let child = try Child(
            URL(fileURLWithPath: "/usr/bin/curl"), ["-s", "--max-time", "10"] + arguments + ["\(host)/\(path)"], folder: folder)
        await child.wait()
        return (try? JSON(parsing: child.standardOutput)) ?? .null
    }

    func stop() { child.signal(SIGKILL) }
}
