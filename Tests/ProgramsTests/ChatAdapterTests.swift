import JSON
import Testing

@testable import Programs

@Suite struct ChatAdapterTests {
    private let adapter = ChatAdapter()

    @Test func missingInputIsAnError() throws {
        let signature = try Signature("question, context -> answer")
        let error = #expect(throws: MissingInput.self) { try adapter.render(signature, demos: [], inputs: ["question": "x"]) }
        #expect(error?.description == "input 'context' is missing; expected question, context, got question")
        let optional = try Signature("question, n: int = 3, note: Optional[str] -> answer")
        let text = try #require(try adapter.render(optional, demos: [], inputs: ["question": "x"]).last).content
        #expect(text.contains("[[ ## n ## ]]\n3"))
        #expect(!text.contains("[[ ## note ## ]]"))
    }

    @Test func anIndentedHeaderLeavesNothingBehind() throws {
        let signature = try Signature("q -> a, b")
        let text = "  [[ ## a ## ]]\none\n    [[ ## b ## ]] two\n[[ ## completed ## ]]"
        #expect(try adapter.parse(text, for: signature) == ["a": "one", "b": "two"])
    }

    @Test func whatIsWrongIsNamed() throws {
        let signature = try Signature("q -> a, n: int, team: Literal['x', 'y']")
        let missing = #expect(throws: UnparseableAnswer.self) { try adapter.parse("[[ ## a ## ]]\n1", for: signature) }
        #expect(missing?.reason == "the answer lacks [[ ## n ## ]], [[ ## team ## ]]")
        let wrong = #expect(throws: UnparseableAnswer.self) {
            try adapter.parse("[[ ## a ## ]]\n1\n[[ ## n ## ]]\nmany\n[[ ## team ## ]]\nx", for: signature)
        }
        #expect(wrong?.reason == "field 'n': \"many\" is not a valid int")
        let stranger = #expect(throws: UnparseableAnswer.self) {
            try adapter.parse("[[ ## a ## ]]\n1\n[[ ## n ## ]]\n1\n[[ ## team ## ]]\nX", for: signature)
        }
        #expect(stranger?.reason == "field 'team': X is not one of: x; y")
        #expect(throws: UnparseableAnswer.self) { try adapter.parse(" \n", for: signature) }
    }

    @Test func windowsLineEndsAreLineEnds() throws {
        let signature = try Signature("q -> a, b: int")
        #expect(try adapter.parse("[[ ## a ## ]]\r\nx\r\ny\r\n[[ ## b ## ]]\r\n4\r\n", for: signature) == ["a": "x\ny", "b": 4])
    }

    @Test func itsOwnAnswersParse() throws {
        let signature = try Signature("q -> a, n: float, l: list[dict[str, Any]], o: Optional[int]")
        let values: JSONObject = ["a": "x\n\ny", "n": 2.5, "l": [["k": [1, "«", .null]]], "o": .null]
        #expect(try adapter.parse(adapter.answer(signature, values), for: signature) == values)
    }

    @Test func noTextHangsTheTolerantReader() {
        let alphabet = Array("{}[]()\"':,#/*\\ \nau1".unicodeScalars)
        var state: UInt64 = 9
        for _ in 0..<3000 {
            var text = "{"
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.unicodeScalars.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            #expect(TolerantJSON.value(in: text) != nil)
        }
    }

    /// Signatures that are equal as values may be written differently: a prompt is its own signature's, whatever was asked before.
    @Test func equalSignaturesKeepTheirOwnPrompts() throws {
        func system(_ instructions: String, _ limits: JSONObject) throws -> String {
            let answer = Field(name: "answer", type: .int, limits: FieldLimits(limits))
            let signature = try Signature(inputs: [Field(name: "question")], outputs: [answer], instructions: instructions)
            return try ChatAdapter().render(signature, demos: [], inputs: ["question": "?"])[0].content
        }
        let texts = try [
            system("Rate.", ["ge": 1, "le": 5]), system("Rate.", ["le": 5, "ge": 1]), system("Rate the caf\u{E9}.", [:]),
            system("Rate the cafe\u{301}.", [:]),
        ]
        #expect(Set(texts.map { Array($0.utf8) }).count == 4)
        #expect(texts[0].contains("or equal to: 1, less") && texts[1].contains("or equal to: 5, greater"))
    }
}
