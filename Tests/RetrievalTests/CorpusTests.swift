import JSON
import Programs
import Testing

@testable import Retrieval

struct CorpusTests {
    @Test func rowsGiveTextsAndIDs() throws {
        let corpus = try Corpus(
            rows: [(["id": 3, "body": "one"], 1), (["body": "two", "x": 1], 2), (["id": ["odd"], "body": "three"], 4)],
            text: "body")
        #expect(
            corpus.passages == [CorpusPassage(id: "3", text: "one"), CorpusPassage(text: "two"), CorpusPassage(text: "three")])
    }

    @Test func theHashIsThatOfThePassages() throws {
        let rows = try Corpus(rows: [(["text": "a", "y": 1], 1), (["text": "b"], 9)])
        #expect(rows.sha256 == Corpus([CorpusPassage(text: "a"), CorpusPassage(text: "b")]).sha256)
        #expect(try rows.sha256 == Corpus(lines: Array("a\n\n  b \r\n".utf8)).sha256)
        let others = [["b", "a"], ["a"], ["a\nb"], ["a", "b", "c"]].map { Corpus($0.map { CorpusPassage(text: $0) }).sha256 }
        let named = Corpus([CorpusPassage(id: "1", text: "a"), CorpusPassage(text: "b")]).sha256
        #expect(Set(others + [named, rows.sha256]).count == 6)
    }

    @Test func faultsNameLineFieldAndFix() {
        let rows: [(fields: JSONObject, line: Int)] = [
            (["txt": "a"], 2), (["text": 5, "id": 1], 3), (["text": " ", "id": 1], 4), (["text": "ok", "id": [1]], 5),
            (["text": "ok"], 6),
            (["text": .string(String(repeating: "x", count: 200_001)), "id": 1], 7), (["text": "a\u{0}", "id": 1], 8),
        ]
        let error = #expect(throws: CorpusFaults.self) { _ = try Corpus(rows: rows, id: "id") }
        let messages: [String] = [
            "c.jsonl:2: has no field 'id' to be the id; its fields: txt",
            "c.jsonl:3: 'text' must be a string, not an integer",
            "c.jsonl:4: 'text' is empty; remove the row",
            "c.jsonl:5: 'id' must be a string or an integer to be the passage's id, not a list",
            "c.jsonl:6: has no field 'id' to be the id; its fields: text",
            "c.jsonl:7: is 200001 bytes long; a passage may have 200000: split it",
            "c.jsonl:8: holds the character U+0000, which cannot be stored; remove it",
        ]
        #expect(error?.description(file: "c.jsonl") == messages.joined(separator: "\n"))
        let slip = #expect(throws: CorpusFaults.self) { _ = try Corpus(rows: [(["txt": "a"], 1)]) }
        #expect(slip?.all.map(\.message) == ["has no field 'text' to be the text; did you mean 'txt'?"])
        let many = #expect(throws: CorpusFaults.self) { _ = try Corpus(rows: (1...30).map { ([:], $0) }) }
        #expect(many?.description(file: "f").hasSuffix("… and 20 more of the kind") == true)
    }

    @Test func linesArePassages() throws {
        #expect(try Corpus(lines: Array("\u{FEFF}one\n\n\ttwo".utf8)).passages.map(\.text) == ["one", "two"])
        #expect(throws: CorpusFaults([CorpusFault(message: "holds no passages")])) { try Corpus(lines: Array(" \n".utf8)) }
        #expect(throws: CorpusFaults([CorpusFault(line: 2, message: "is not UTF-8 text")])) {
            try Corpus(lines: [0x61, 0x0A, 0xFF])
        }
    }
}
