import Foundation
import Testing

@testable import Studies

/// Every piece of YAML in the guide to declared programs is one that the resolver takes.
@Suite struct ProgramGuideTests {
    private static let guide = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/programs.md")

    static func blocks() throws -> [String] {
        try String(contentsOf: guide, encoding: .utf8).matches(of: /```yaml\n(.*?)```/.dotMatchesNewlines()).map { String($0.output.1) }
    }

    @Test func thereAreBlocks() throws { #expect(try Self.blocks().count >= 6) }

    @Test(arguments: try blocks()) func resolves(block: String) throws {
        let text = """
            nightshift: 1
            name: guide
            lm: {task: {model: openai/gpt-4o-mini}, embedding: {model: openai/text-embedding-3-small}}
            \(block.contains("program:") ? block : Self.program(steps: block))
            """
        let file = try TemporaryStudy(["study.yaml": text, "corpus.jsonl": #"{"id": "a", "text": "The Norin flows north."}"#])
        #expect(file.complaints(needs: .run) == "")
    }

    /// A program around steps, with what they name; what the guide leaves out as `[…]` is put in.
    private static func program(steps: String) -> String {
        let before = steps.contains("retry: query") ? #"- query: {chain_of_thought: "context, question -> search_query"}"# : ""
        let round = #"[{search: {retrieve: wiki, query: claim}}, {note: {predict: "claim, passages -> note"}}]"#
        let lines = steps.replacing("[…]", with: round).split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        return """
            program:
              code_execution: true
              retrievers: {wiki: {kind: bm25, corpus: corpus.jsonl}}
              tools: {search: {retriever: wiki}, weather: {http: "https://example.org/{city}", desc: Weather., parameters: {city: str}}}
              steps:
                \(before)
            \(lines)
            """
    }
}
