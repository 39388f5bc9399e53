import Foundation
import Testing

@testable import Studies

/// Every piece of YAML in the guides to study files is one that the resolver takes.
@Suite struct GuideTests {
    private static let guides = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs")

    static func blocks(_ guide: String) throws -> [String] {
        try String(contentsOf: guides.appending(path: guide), encoding: .utf8).matches(
            of: /```yaml\n(.*?)```/.dotMatchesNewlines()
        ).map { String($0.output.1) }
    }

    @Test func thereAreBlocks() throws {
        #expect(try Self.blocks("programs.md").count >= 6)
        #expect(try Self.blocks("services.md").count >= 6)
    }

    /// Pieces that are sections of a study file.
    @Test(arguments: try blocks("services.md")) func sectionResolves(section: String) throws {
        let others = [
            "lm": "lm: {task: {model: openai/gpt-4o-mini}, embedding: {model: openai/text-embedding-3-small}}",
            "program": "program:", "metric": "metric: {kind: exact_match}",
        ].filter { !section.hasPrefix("\($0.key):") }
        // The steps go on with the program, so it comes last.
        let sections = [section] + others.values
        let text = """
            nightshift: 1
            name: guide
            data: {train: rows.jsonl, val: rows.jsonl, inputs: [question]}
            \(sections.filter { !$0.hasPrefix("program:") }.joined(separator: "\n"))
            \(sections.filter { $0.hasPrefix("program:") }.joined())
              steps: [{answer: {chain_of_thought: "question -> answer"}}]
            """
        let file = try TemporaryStudy([
            "study.yaml": text, "rows.jsonl": String(repeating: #"{"question": "Where?", "answer": "There."}"# + "\n", count: 30),
            "corpus.jsonl": #"{"id": "a", "text": "The Norin flows north."}"#,
            "corpus.csv": "number,body\n1,The Norin flows north.\n",
        ])
        #expect(file.complaints() == "")
    }

    /// Pieces that are steps, or a program.
    @Test(arguments: try blocks("programs.md")) func stepsResolve(block: String) throws {
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
