import Foundation
import JSON
import Testing

@testable import Studies

@Suite struct DataFileTests {
    private func read(_ name: String, _ text: String) throws -> DataFile {
        let study = try TemporaryStudy([name: text])
        return DataFile(path: study.folder.appending(path: name).path)
    }

    private let expected: [JSONObject] = [["q": "a, \"b\"", "n": "1"], ["q": "two\nlines", "n": "2"]]

    @Test func linesArraysAndCSVGiveTheSameRows() throws {
        let lines = try read(
            "d.jsonl", "\u{FEFF}{\"q\": \"a, \\\"b\\\"\", \"n\": \"1\"}\r\n\n  \n{\"q\": \"two\\nlines\", \"n\": \"2\"}")
        #expect(lines.rows.map(\.fields) == expected)
        #expect(lines.rows.map(\.line) == [1, 4])
        let array = try read(
            "d.json", "\u{FEFF}[\n {\"q\": \"a, \\\"b\\\"\",\n  \"n\": \"1\"},\n\n {\"q\": \"two\\nlines\", \"n\": \"2\"}\n]\n")
        #expect(array.rows.map(\.fields) == expected)
        #expect(array.rows.map(\.line) == [2, 5])
        let csv = try read("d.csv", "\u{FEFF}q,n\r\n\"a, \"\"b\"\"\",1\r\n\r\n\"two\nlines\",2")
        #expect(csv.rows.map(\.fields) == expected)
        #expect(csv.rows.map(\.line) == [2, 4])
        #expect(lines.faults + array.faults + csv.faults == [])
    }

    @Test func brokenLinesAreAllTold() throws {
        let file = try read("d.jsonl", "{\"a\": 1}\n{\"a\": }\n[1]\n{\"a\": 2}\n{\"a\"")
        #expect(file.rows.count == 2)
        #expect(
            file.faults == [
                .init(line: 2, message: "broken JSON: unexpected character at column 7"),
                .init(line: 3, message: "a row must be an object such as {…}, found a list"),
                .init(line: 5, message: "broken JSON: expected : at column 5"),
            ])
    }

    @Test func brokenArraysAreTold() throws {
        #expect(try read("d.json", "[{\"a\": 1},\n{\"a\" 2}]").faults == [.init(line: 2, message: "broken JSON: expected :")])
        #expect(
            try read("d.json", "[{\"a\": 1},\n\n3]").faults
                == [.init(line: 3, message: "a row must be an object such as {…}, found an integer")])
        #expect(try read("d.json", "{\"a\": 1}").faults.map(\.line) == [1])
    }

    @Test func nestedArraysKeepTheirLines() throws {
        let text = "[{\"a\": [1,\n2, {\"b\": \"],[\\\"\"}]},\n{\"a\": 2}]"
        #expect(try read("d.json", text).rows.map(\.line) == [1, 3])
    }

    @Test(arguments: [
        ("q,n\na,b\nc\n", 3, "1 cells, but the header has 2 columns"),
        ("q,q\na,b\n", 1, "the column 'q' is there twice"),
        ("q,\na,b\n", 1, "a column of the header has no name"),
        ("q\n\"a\nb", 2, "a quoted cell is not closed"),
        ("q\n\"a\"b\n", 2, "text after a closing quote; double it inside a cell"),
    ])
    func brokenCSVIsTold(text: String, line: Int, message: String) throws {
        #expect(try read("d.csv", text).faults == [.init(line: line, message: message)])
    }

    @Test func textThatCannotBeStoredIsTold() throws {
        let fault = DataFile.Fault(line: 2, message: "holds the character U+0000, which cannot be stored; remove it")
        #expect(try read("d.jsonl", "{\"a\": \"\\u0001\"}\n{\"a\": [{\"b\": \"x\\u0000\"}]}").faults == [fault])
        #expect(try read("d.csv", "a\nx\u{0}\n").faults == [fault])
    }

    @Test func missingAndUnknownFilesAreTold() throws {
        let study = try TemporaryStudy()
        func message(_ name: String) -> String? {
            DataFile(path: study.folder.appending(path: name).path).faults.first?.message
        }
        #expect(message("trian.jsonl") == "no such file; did you mean 'train.jsonl'?")
        #expect(
            message("study.yaml") == "unknown file type '.yaml'; allowed: .jsonl, .ndjson (JSON Lines), .json (an array), .csv")
        #expect(DataFile(path: study.folder.path).faults.first?.message == "is a folder, not a file")
    }

    @Test func hashIsOfTheRowsInOrder() {
        let one: JSONObject = ["a": 1, "b": 2]
        let two: JSONObject = ["a": 3]
        #expect(rowHash(one) == rowHash(["b": 2, "a": 1]))
        #expect(DataFacts(rows: [one, two]) == DataFacts(rows: [["b": 2, "a": 1], two]))
        #expect(DataFacts(rows: [one, two]).hash != DataFacts(rows: [two, one]).hash)
        #expect(DataFacts(rows: [one]).hash != DataFacts(rows: [one, one]).hash)
    }
}
