import Foundation
import JSON
import Testing

/// The examples, each compiled end to end.
@Suite(.serialized) struct ExampleTests {
    static let names = ["sentiment", "question_answering", "retrieval", "retrieval_checked", "three_hops"]

    /// What the simulated LM must know beforehand.
    private func flags(_ name: String) -> [String] {
        let knowledge = Products.repository.appendingPathComponent("Examples/\(name)/knowledge.jsonl").path
        return FileManager.default.fileExists(atPath: knowledge) ? ["--knowledge", knowledge] : []
    }

    @Test(.timeLimit(.minutes(10)), arguments: names) func declared(_ name: String) async throws {
        let bench = try await Workbench(example: name, flags: flags(name))
        try expectGain(try await bench.run("compile", bench.study.path, "--json"), name)
    }

    @Test(.timeLimit(.minutes(10)), arguments: names) func inSwift(_ name: String) async throws {
        let bench = try await Workbench(example: name, flags: flags(name))
        let child = try Child(
            Products.nightshift.deletingLastPathComponent().appendingPathComponent("nightshift-examples"),
            ["compile", "study-swift.yaml", "--json"], environment: bench.environment, folder: bench.folder)
        let status = await child.wait()
        try expectGain(
            Workbench.Answer(status: status, output: child.standardOutput, errors: child.standardError), "\(name) in Swift")
    }

    private func expectGain(_ answer: Workbench.Answer, _ name: String) throws {
        try #require(answer.status == 0, "\(name): \(answer.errors)")
        let before = try #require(answer.json["baseline"]?["test"]?.doubleValue)
        let after = try #require(answer.json["best"]?["test"]?.doubleValue)
        #expect(after > before, "\(name): \(before) → \(after)")
    }
}
