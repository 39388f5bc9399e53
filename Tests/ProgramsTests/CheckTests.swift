import JSON
import Testing

@testable import Programs

@Suite struct CheckTests {
    private func check(_ text: String) throws -> Check {
        var reader = SectionReader()
        let check = Check(reading: try JSON(parsing: text), about: "x", path: JSONPath(), reader: &reader)
        #expect(reader.findings.isEmpty, "\(reader.findings)")
        return try #require(check)
    }

    private func findings(_ text: String) throws -> [String] {
        var reader = SectionReader()
        #expect(Check(reading: try JSON(parsing: text), about: "x", path: JSONPath(), reader: &reader) == nil)
        return reader.findings.map(\.description)
    }

    @Test(arguments: [
        (#"{"equals": "a"}"#, #""a""#, #""A""#), (#"{"equals": 3}"#, "3.0", #""3""#), (#"{"not_equals": "a"}"#, "null", #""a""#),
        (#"{"one_of": ["a", 1]}"#, "1", #""b""#), (#"{"matches": "^[A-Z]+$"}"#, #""ABC""#, #""ABc""#),
        (#"{"not_matches": "\\d"}"#, #""none""#, #""a 1""#), (#"{"contains": ["b", "c"]}"#, #""abc""#, #""ab""#),
        (#"{"contains": "a"}"#, #"["a"]"#, #"["abc"]"#), (#"{"not_contains": ["b", "c"]}"#, #""a""#, #""ab""#),
        (#"{"min_length": 2}"#, #""äö""#, #""ä""#), (#"{"max_length": 2}"#, #""äö""#, #""abc""#),
        (#"{"min_words": 2}"#, #""a  b""#, #"" a ""#), (#"{"max_words": 1}"#, #""""#, #""a b""#),
        (#"{"min_items": 1}"#, "[1]", "[]"), (#"{"max_items": 1}"#, "[]", "[1, 2]"), (#"{"max_items": 1}"#, "null", #""text""#),
        (#"{"unique": true}"#, "[1, 2]", "[1, 1]"), (#"{"ge": 1}"#, "1", "0.5"), (#"{"gt": 1}"#, #""1.5""#, "1"),
        (#"{"le": 1}"#, #"" 1 ""#, #""many""#), (#"{"lt": 1}"#, "0", "null"),
        (#"{"appears_in": "passages"}"#, #""The Eiffel tower""#, #""iffel""#),
        (#"{"appears_in": "passages"}"#, #""Paris""#, #""""#),
        (#"{"differs_from": ["question", "past"]}"#, #""new""#, #""The Old!""#),
        (#"{"not_empty": true}"#, "0", #"" \n""#), (#"{"not_empty": true}"#, #"["a"]"#, "[]"),
        (#"{"any": [{"equals": "a"}, {"value": "question", "equals": "other"}]}"#, #""a""#, #""b""#),
        (#"{"all": [{"min_length": 2}, {"max_length": 3}]}"#, #""ab""#, #""abcd""#),
        (#"{"not": {"contains": "a", "max_length": 2}}"#, #""abc""#, #""ab""#),
        (#"{"min_length": 2, "max_length": 3}"#, #""abc""#, #""a""#),
    ])
    func holding(check text: String, good: String, bad: String) throws {
        let check = try check(text)
        let values: JSONObject = [
            "question": "Where?", "past": ["an old", "older"], "passages": ["It is in Paris.", "Eiffel Tower, built in 1889"],
        ]
        #expect(check.holds(values.merging(["x": try JSON(parsing: good)])), "\(good)")
        #expect(!check.holds(values.merging(["x": try JSON(parsing: bad)])), "\(bad)")
        #expect(try self.check(JSON.object(check.json).serialized()).json == check.json)
    }

    @Test(arguments: [
        (#"{"max_length": 100}"#, "`x` must be at most 100 characters long"),
        (#"{"not_empty": true, "differs_from": ["q"]}"#, "`x` must not be empty and differ from `q`"),
        (
            #"{"any": [{"one_of": ["a", "b"]}, {"value": "y", "ge": 1}]}"#,
            "`x` must (be one of \"a\", \"b\" or `y` must be at least 1)"
        ),
        (#"{"not": {"contains": "a"}}"#, "`x` must not contain \"a\""), (#"{"max_words": 1}"#, "`x` must have at most 1 word"),
        (#"{"not_contains": ["a", "b"]}"#, "`x` must not (contain \"a\" or contain \"b\")"),
    ])
    func words(check text: String, words: String) throws { #expect(try check(text).words == words) }

    @Test(arguments: [
        (#"{"max_lenght": 3}"#, "max_lenght: unknown key 'max_lenght' in a check; did you mean 'max_length'?"),
        (#"{"value": "y"}"#, "a check demands something of 'y'"),
        (#"{"matches": "("}"#, "matches: 'matches' is a regular expression (expected ')')"),
        (#"{"max_length": -1}"#, "max_length: 'max_length' is a count, not -1"), (#"{"ge": "1"}"#, "ge: 'ge' is a number"),
        (#"{"unique": false}"#, "unique: 'unique' is true or left out"),
        (#"{"one_of": []}"#, "one_of: 'one_of' is a list of values"),
        (#"{"any": {}}"#, "any: 'any' is a list of checks, not an object"),
        (#"{"any": [{"gee": 1}]}"#, "any[0].gee: unknown key"),
        (#"{"differs_from": ["a", 1]}"#, "differs_from: 'differs_from' is a list of names"),
        (#"[]"#, "a check is an object with keys"),
    ])
    func refusals(check text: String, words: String) throws {
        let findings = try findings(text)
        #expect(findings.contains { $0.contains(words) }, "\(findings)")
    }

    @Test func references() throws {
        #expect(
            try check(#"{"appears_in": "p", "any": [{"value": "y", "differs_from": "z"}, {"ge": 1}]}"#).references == [
                "x", "p", "y", "z",
            ])
    }

    @Test func rewardsAreShares() throws {
        var reader = SectionReader()
        let text = #"[{"value": "a", "max_words": 1}, {"value": "b", "equals": 1, "weight": 3}]"#
        let reward = try #require(Reward(reading: JSON(parsing: text), path: JSONPath(), reader: &reader))
        #expect(reward.score(["a": "word", "b": 2]) == 0.25 && reward.score(["a": "two words", "b": 1]) == 0.75)
        #expect(reward.json == (try JSON(parsing: text)))
        #expect(Reward(reading: [["value": "a", "ge": 1, "weight": 0]], path: JSONPath(), reader: &reader) != nil)
        #expect(Reward(reading: [], path: JSONPath(), reader: &reader) == nil)
        #expect(reader.findings.map(\.description).count == 2)
    }
}
