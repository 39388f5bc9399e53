import JSON
import Programs
import Testing

@testable import ProgramMetrics

/// Metrics over texts, passages and JSON that MetricTests does not cover.
@Suite struct FieldMetricTests {
    private func score(
        _ section: JSON, row: JSONObject, answer: JSONObject, outputs: [String]? = nil
    ) async throws -> MetricScore {
        try await metric(section: section, outputs: outputs ?? answer.keys)
            .score(Example(fields: row, inputKeys: []), Prediction(fields: answer), trace: nil)
    }

    @Test func hotPotF1() async throws {
        func score(_ label: JSON, _ answer: JSON) async throws -> Double {
            try await self.score(["kind": "hotpot_f1"], row: ["answer": label], answer: ["answer": answer]).score
        }
        #expect(try await score("yes", "Yes.") == 1)
        #expect(try await score("yes", "yes indeed") == 0)
        #expect(try await score("yes indeed", "yes") == 0)
        #expect(try await score(["no", "not at all"], "not at all") == 1)
        #expect(try await score("no-answer", "noanswer") == 1)
        #expect(abs(try await score("b b d", "a b b c") - 2.0 / 3) < 1e-12)
        await #expect(throws: MetricError.self) { try await score([], "x") }
    }

    @Test func thresholds() async throws {
        for (threshold, expected) in [(0.66, 1.0), (0.67, 0)] {
            let section: JSON = ["kind": "f1", "threshold": .double(threshold)]
            #expect(try await score(section, row: ["answer": "b b d"], answer: ["answer": "a b b c"]).score == expected)
        }
    }

    @Test func wrongAnswersAreToldWhatWasExpected() async throws {
        func feedback(_ kind: JSON, _ label: JSON, _ answer: JSON) async throws -> String? {
            try await score(["kind": kind], row: ["answer": label], answer: ["answer": answer]).feedback
        }
        #expect(
            try await feedback("exact_match", "card_arrival", "card_linking") == "expected 'card_arrival', got 'card_linking'")
        #expect(try await feedback("exact_match", "Card arrival", "card arrival") == nil)
        #expect(try await feedback("f1", "b b d", "a b b c") == "expected 'b b d', got 'a b b c'")
        #expect(try await feedback("numeric", 3, "4 apples") == "expected 3, got '4 apples'")
        #expect(try await feedback("contains", ["x", "y"], "z") == "expected one of 'x', 'y', got 'z'")
        #expect(try await feedback("exact_match", ["a", "b"], ["a"]) == #"expected ["a","b"], got ["a"]"#)
        let long = try #require(try await feedback("exact_match", "x", .string(String(repeating: "y", count: 9_000))))
        #expect(long.count < 600 && long.hasSuffix("y…'"))
        let missed = try await score(["kind": "passage_match"], row: ["answer": ["foo", "bar"]], answer: ["context": ["a foot"]])
        #expect(missed == MetricScore(score: 0, feedback: "no passage holds 'foo' or 'bar'"))
        // A threshold changes the score alone.
        let section: JSON = ["kind": "f1", "threshold": 0.5]
        #expect(
            try await score(section, row: ["answer": "b b d"], answer: ["answer": "a b b c"])
                == MetricScore(score: 1, feedback: "expected 'b b d', got 'a b b c'"))
    }

    @Test func passageMatch() async throws {
        func score(_ label: JSON, _ passages: JSON) async throws -> Double {
            try await self.score(["kind": "passage_match"], row: ["answer": label], answer: ["context": passages]).score
        }
        #expect(try await score("Eiffel Tower", ["x", "The Eiffel Tower, in Paris"]) == 1)
        #expect(try await score("Eiffel Tower", "The Eiffel Tower, in Paris") == 1)
        #expect(try await score("foo", ["a foot"]) == 0)
        #expect(try await score(["foo", "a foot"], ["my foot"]) == 1)
        #expect(try await score("x", []) == 0)
        // DSPy lets these match every passage.
        for nothing in ["the", "", "...", "\u{200b}"] as [JSON] { #expect(try await score(nothing, ["anything", ""]) == 0) }
        #expect(try await score(["the", "anything"], ["anything"]) == 1)
        #expect(try await score(1984, ["In 1984."]) == 1)
        await #expect(throws: MetricError.self) { try await score([], ["x"]) }
        await #expect(throws: MetricError.self) { try await score("x", [["text": "x"]]) }
        await #expect(throws: MetricError.self) { try await score(["x": 1], ["x"]) }
    }

    @Test func passageNames() async throws {
        let section: JSON = ["kind": "passage_match", "passages": "found", "label": "gold"]
        let outputs = ["found", "answer"]
        #expect(requiredLabels(section: section, outputs: outputs) == ["gold"])
        #expect(try await score(section, row: ["gold": "b"], answer: ["found": ["a b"]], outputs: outputs).score == 1)
        #expect(
            try completedMetricSection(["kind": "passage_match"], outputs: ["context", "answer"])
                == ["kind": "passage_match", "passages": "context", "label": "answer"])
        await #expect(throws: MetricError.self) {
            try await score(section, row: ["answer": "b"], answer: ["found": []], outputs: outputs)
        }
        await #expect(throws: MetricError.self) {
            try await score(section, row: ["gold": "b"], answer: ["answer": "b"], outputs: outputs)
        }
    }

    @Test func jsonEquality() async throws {
        let label: JSON = ["name": "Ada", "tags": ["a", "b"], "born": ["year": 1815, "place": "London"]]
        func score(_ answer: JSON) async throws -> MetricScore {
            try await self.score(["kind": "json_equality"], row: ["person": label], answer: ["person": answer])
        }
        #expect(try await score(label) == MetricScore(score: 1))
        #expect(try await score(.string(label.serialized(.pretty))) == MetricScore(score: 1))
        let off = try await score(["name": "Ada", "tags": ["b"], "born": ["year": 1815.0, "place": "London"], "x": 1])
        #expect(off.score == 3.0 / 6 && off.feedback == "differs in tags[0], tags[1], x")
        #expect(try await score(["name": "Ada", "tags": ["a", "b"]]).score == 3.0 / 5)
        #expect(try await score([]).score == 0)
        #expect(try await score("not JSON") == MetricScore(score: 0, feedback: "the answer is not JSON"))
        #expect(try await self.score(["kind": "json_equality"], row: ["a": "[1, 2]"], answer: ["a": [1, 2]]).score == 1)
        #expect(try await self.score(["kind": "json_equality"], row: ["a": ["x", "y"]], answer: ["a": ["x"]]).score == 0.5)
        #expect(try await self.score(["kind": "json_equality"], row: ["a": [:]], answer: ["a": [:]]).score == 1)
        let strict: JSON = ["kind": "json_equality", "threshold": 1]
        #expect(try await self.score(strict, row: ["a": ["x", "y"]], answer: ["a": ["x"]]).score == 0)
        await #expect(throws: MetricError.self) {
            try await self.score(["kind": "json_equality"], row: ["a": "Ada"], answer: ["a": ["x"]])
        }
    }

    @Test func jsonByField() async throws {
        let section: JSON = [
            "kind": "json_equality",
            "fields": ["name": "exact", "price": ["kind": "numeric", "tolerance": 0.5], "tags": "equal", "note": "f1"],
        ]
        let label: JSON = ["name": ["Ada", "A.L."], "price": "$10", "tags": ["a"], "note": "one two"]
        func score(_ answer: JSON) async throws -> MetricScore {
            try await self.score(section, row: ["person": label], answer: ["person": answer])
        }
        #expect(try await score(["name": "the ada", "price": 10.4, "tags": ["a"], "note": "two one"]).score == 1)
        let off = try await score(["name": "al", "price": 11, "tags": "a", "note": "one"])
        #expect(abs(off.score - (1 + 0 + 0 + 2.0 / 3) / 4) < 1e-12 && off.feedback == "differs in price, tags, note")
        #expect(try await score([:]).score == 0)
        #expect(try await score(3).score == 0)
        await #expect(throws: MetricError.self) { try await self.score(section, row: ["p": ["name": "x"]], answer: ["p": [:]]) }
    }

    /// Without a field, all outputs of a program are compared by name.
    @Test func jsonOfAllOutputs() async throws {
        let outputs = ["city", "count"]
        let section: JSON = ["kind": "json_equality", "fields": ["city": "exact", "count": "numeric"]]
        #expect(requiredLabels(section: section, outputs: outputs) == outputs)
        #expect(requiredLabels(section: ["kind": "json_equality"], outputs: outputs) == outputs)
        let row: JSONObject = ["city": "Paris", "count": 3, "other": 1]
        #expect(try await score(section, row: row, answer: ["city": "paris", "count": "3"], outputs: outputs).score == 1)
        #expect(
            try await score(["kind": "json_equality"], row: row, answer: ["city": "Paris", "count": 2], outputs: outputs).score
                == 0.5)
        await #expect(throws: MetricError.self) {
            try await score(section, row: ["city": "x"], answer: ["city": "x", "count": 1], outputs: outputs)
        }
    }

    @Test func accuracyAndMacroF1() async throws {
        let pairs: [(answer: JSON?, label: JSON)] = [
            ("Cat", "cat"), ("cat", "dog"), ("dog.", "dog"), (nil, "dog"), ("bird", "cat"), ("cow", ["ox", "cow"]),
        ]
        #expect(accuracy(pairs: pairs) == 0.5)
        // cat: 1 of 2 answers, 1 of 2 labels; dog: 1 of 1, 1 of 3; bird: no label; cow: 1 of 1, 1 of 1.
        #expect(abs(macroF1(pairs: pairs) - (0.5 + 0.5 + 0 + 1) / 4) < 1e-12)
        #expect(macroF1(pairs: []) == 0 && accuracy(pairs: []) == 0)
        #expect(macroF1(pairs: [(3, "3"), (true, "True"), (4.0, 4)]) == 1)
        let split = try #require(splitMetric(section: ["kind": "macro_f1", "label": "gold"], outputs: ["answer"]))
        #expect(split.kind == .macroF1 && split.field == "answer" && split.label == "gold")
        #expect(abs(split.score(pairs) - 0.5) < 1e-12)
        #expect(splitMetric(section: ["kind": "accuracy"], outputs: ["answer"])?.score(pairs) == 0.5)
        #expect(splitMetric(section: ["kind": "f1"], outputs: ["answer"]) == nil)
        for kind in ["accuracy", "macro_f1"] as [JSON] {
            #expect(try await score(["kind": kind], row: ["answer": "Cat"], answer: ["answer": "the cat"]).score == 1)
        }
    }
}
