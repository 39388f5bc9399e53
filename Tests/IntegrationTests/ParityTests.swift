import Foundation
import JSON
import TestSupport
import Testing

/// The compiled file in DSPy's hands.
@Suite struct ParityTests {
    private static let program = """
        program:
          steps:
            - area:
                predict: "message -> area: Literal['parcel', 'money', 'product', 'account']"
                instructions: Name the area of the customer's message.
            - route:
                chain_of_thought: "message, area -> queue"
                instructions: Route the customer's message.
                fields: {queue: {enum: labels.json, desc: the queue that answers the message}}
        """

    /// DSPy's Evaluate gives the compiled program the same score on the test split, to the example.
    @Test(.timeLimit(.minutes(10)), .enabled(if: PeerPython.executable != nil, "\(PeerPython.absence)"))
    func evaluateAgreesToTheExample() async throws {
        let python = try #require(PeerPython.executable)
        let bench = try await Workbench()
        let original = try bench.text(of: "study.yaml")
        let start = try #require(original.range(of: "program:"))
        let end = try #require(original.range(of: "\ndata:"))
        try bench.write(original.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: Self.program), to: "study.yaml")

        let compiled = try await bench.run("compile", "study.yaml", "--json", "-o", "compiled.json")
        try #require(compiled.status == 0, "\(compiled.errors)")
        let ours = try await bench.run("evaluate", "study.yaml", "--state", "compiled.json", "--json")
        try #require(ours.status == 0, "\(ours.errors)")
        #expect(ours.json["score"] == compiled.json["best"]?["test"], "evaluate agrees with the compile's own report")

        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Peers/evaluate.py")
        let peer = try Child(
            python, [script.path, "compiled.json", "test.jsonl", "labels.json", bench.lm.baseURL, "8"], folder: bench.folder)
        try #require(await peer.wait() == 0, "\(peer.standardError)")
        let line = try #require(peer.standardOutput.split(separator: "\n").last)
        let theirs = try JSON(parsing: String(line))
        #expect(ours.json["scores"] == theirs["scores"])
        let best = try #require(compiled.json["best"]?["trial"]?.intValue)
        #expect(best > 0, "a winner with demos and instructions is what is worth comparing")
    }
}
