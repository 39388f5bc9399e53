import JSON
import Programs
import Testing

@testable import ProgramMetrics

@Suite struct MetricTests {
    /// What DSPy 3.4's normalize_text gives.
    @Test(arguments: [
        ("The U.S.A.", "usa"), ("A-team", "ateam"), ("the_end", "theend"), ("Caf\u{e9}", "cafe\u{301}"),
        ("Cafe\u{301}", "cafe\u{301}"),
        ("An  apple\ta\nday", "apple day"), ("\u{e1} la carte", "\u{301} la carte"), ("a\u{301}", "\u{301}"),
        ("\u{201c}quoted\u{201d} \u{2013} dash", "\u{201c}quoted\u{201d} \u{2013} dash"), ("THE", ""), ("", ""),
        ("it's a test", "its test"),
        ("x\u{b2}  \u{bd} a", "x\u{b2} \u{bd}"), ("na\u{ef}ve the.", "nai\u{308}ve"), ("ten\u{a0}the\u{2003}two", "ten two"),
        ("a1 an2 the", "a1 an2"), ("Stra\u{df}e", "stra\u{df}e"), ("\u{65e5}\u{672c} a \u{8a9e}", "\u{65e5}\u{672c} \u{8a9e}"),
        ("a\u{3001}b", "\u{3001}b"), ("l'an 2000 an", "lan 2000"),
    ])
    func normalisation(text: String, normalised: String) {
        #expect(Array(normalizedText(text).unicodeScalars) == Array(normalised.unicodeScalars))
    }

    private func score(_ section: JSON, _ label: JSON, _ answer: JSON, outputs: [String] = ["answer"]) async throws -> Double {
        try await metric(section: section, outputs: outputs)
            .score(
                Example(fields: ["q": "x", "answer": label], inputKeys: ["q"]), Prediction(fields: ["answer": answer]), trace: nil
            ).score
    }

    @Test func exactMatch() async throws {
        let section: JSON = ["kind": "exact_match"]
        #expect(try await score(section, "Paris", "the paris.") == 1)
        #expect(try await score(section, "Paris", "Paris, France") == 0)
        #expect(try await score(section, ["London", "Paris"], "paris") == 1)
        #expect(try await score(section, 3, "3") == 1)
        #expect(try await score(section, 42, 42.0) == 1)
        #expect(try await score(section, 9_007_199_254_740_993, 9_007_199_254_740_992) == 0)
        #expect(try await score(section, 4.2, 42) == 0)
        #expect(try await score(section, "true", true) == 1)
        #expect(try await score(section, .null, .null) == 1)
        #expect(try await score(section, .null, "None") == 0)
        #expect(try await score(section, ["a", "b"], ["a", "b"]) == 1)
        #expect(try await score(section, ["a", "b"], ["b", "a"]) == 0)
        #expect(try await score(section, [["a"], ["b"]], ["b"]) == 1)
        await #expect(throws: MetricError.self) { try await score(section, [], "x") }
    }

    @Test func f1() async throws {
        let section: JSON = ["kind": "f1"]
        #expect(abs(try await score(section, "a cat sat down", "the cat sat") - 0.8) < 1e-12)
        #expect(abs(try await score(section, "b b d", "a b b c") - 2.0 / 3) < 1e-12)
        #expect(try await score(section, "y", "x") == 0)
        #expect(try await score(section, "the", "") == 0)
        #expect(try await score(section, ["y", "x"], "x") == 1)
    }

    @Test func contains() async throws {
        let section: JSON = ["kind": "contains"]
        #expect(try await score(section, "New York", "It is in New York, I think.") == 1)
        #expect(try await score(section, "foo", "a foot") == 0)
        #expect(try await score(section, "the", "anything") == 0)
        #expect(try await score(section, "York New", "New York") == 0)
    }

    @Test func numeric() async throws {
        #expect(try await score(["kind": "numeric"], 1234.5, "$1,234.50") == 1)
        #expect(try await score(["kind": "numeric"], "42", 42.0) == 1)
        #expect(try await score(["kind": "numeric"], 42, "forty-two") == 0)
        #expect(try await score(["kind": "numeric", "tolerance": 0.5], 42, 42.5) == 1)
        #expect(try await score(["kind": "numeric", "tolerance": 0.5], 42, 42.6) == 0)
        await #expect(throws: MetricError.self) { try await score(["kind": "numeric"], "many", 3) }
        #expect(try await score(["kind": "numeric"], ["1", "#### 2"], "so it is 2.") == 1)
        #expect(try await score(["kind": "numeric"], "She has 90-75 = <<90-75=15>>15 more.\n#### 15", "The answer is $15.") == 1)
        #expect(try await score(["kind": "numeric", "extract": "first_number"], 3, "3 of 4") == 1)
        #expect(try await score(["kind": "numeric", "extract": "whole"], 3, "3 apples") == 0)
        #expect(try await score(["kind": "numeric"], 3, ["3"]) == 0)
    }

    @Test func labels() async throws {
        let section: JSON = ["kind": "exact_match", "field": "answer", "label": "gold"]
        #expect(requiredLabels(section: section) == ["gold"])
        #expect(requiredLabels(section: ["kind": "f1"], outputs: ["answer"]) == ["answer"])
        #expect(requiredLabels(section: ["kind": "f1", "field": "b"]) == ["b"])
        let metric = try metric(section: section, outputs: ["answer", "other"])
        let prediction = Prediction(fields: ["answer": "x"])
        #expect(try await metric.score(Example(fields: ["gold": "X"], inputKeys: []), prediction, trace: nil).score == 1)
        let error = await #expect(throws: MetricError.self) {
            try await metric.score(Example(fields: ["answer": "x"], inputKeys: []), prediction, trace: nil)
        }
        #expect(error?.description == "the example has no 'gold'; it has answer")
    }

    @Test(arguments: [
        (#"{"kind": "exact_mach"}"#, "kind: unknown metric 'exact_mach'; did you mean 'exact_match'?"),
        (#"{"kind": "f1", "feild": "answer"}"#, "feild: unknown key 'feild' in metric; did you mean 'field'?"),
        (#"{"kind": "f1", "field": "anser"}"#, "field: the program has no output 'anser'; did you mean 'answer'?"),
        (#"{"kind": "f1"}"#, "field: the program has several outputs"), (#"{"field": "answer"}"#, "a metric needs a kind"),
        (#"{"kind": "numeric", "field": "answer", "tolerance": -1}"#, "tolerance: 'tolerance' is a number from 0"),
        (#"{"kind": "f1", "field": "answer", "tolerance": 1}"#, "unknown key 'tolerance'"), (#""f1""#, "metric is an object"),
    ])
    func refusals(text: String, words: String) throws {
        let section = try JSON(parsing: text)
        let error = #expect(throws: Diagnostics.self) { try metric(section: section, outputs: ["answer", "other"]) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
}
