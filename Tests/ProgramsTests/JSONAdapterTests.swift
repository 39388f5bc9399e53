import JSON
import Testing

@testable import Programs

@Suite struct JSONAdapterTests {
    private let adapter = JSONAdapter()

    @Test func itsOwnAnswersParse() throws {
        let signature = try Signature("q -> a, n: float, l: list[dict[str, Any]], o: Optional[int]")
        let values: JSONObject = ["a": "x\n\ny", "n": 2.5, "l": [["k": [1, "«", .null]]], "o": .null]
        #expect(try adapter.parse(adapter.answer(signature, values), for: signature) == values)
    }

    @Test func whatIsWrongIsNamed() throws {
        let signature = try Signature("q -> a, n: int, team: Literal['x', 'y']")
        func reason(_ text: String) -> String? {
            do throws(UnparseableAnswer) {
                _ = try adapter.parse(text, for: signature)
                return nil
            } catch {
                #expect(error.text == text)
                return error.reason
            }
        }
        #expect(reason(" \n") == "the answer is empty")
        #expect(reason("I cannot say.") == "the answer has no JSON object")
        #expect(reason("[1, 2]") == "the answer has no JSON object")
        #expect(reason(#"{"a": 1}"#) == "the answer lacks 'n', 'team'")
        #expect(reason(#"{"a": "x", "n": "many", "team": "x"}"#) == #"field 'n': "many" is not a valid int"#)
        #expect(reason(#"{"a": "x", "n": 1, "team": "X"}"#) == "field 'team': X is not one of: x; y")
    }

    @Test func textFieldsTakeAnyValueAsPythonPrintsIt() throws {
        let signature = try Signature("q -> a, o: Optional[str]")
        for (value, text) in [
            ("null", "None"), ("true", "True"), ("3", "3"), ("1e22", "1e+22"), ("[]", "[]"),
            (#"{"k": [1, null, "it's"]}"#, #"{'k': [1, None, "it's"]}"#),
            (#"["a\nb", "é\u0007"]"#, #"['a\nb', 'é\x07']"#),
        ] {
            #expect(try adapter.parse(#"{"a": \#(value), "o": null}"#, for: signature) == ["a": .string(text), "o": .null])
        }
        #expect(throws: UnparseableAnswer.self) { try adapter.parse(#"{"a": "x", "o": 3}"#, for: signature) }
    }

    @Test func unknownMembersAreDroppedAndOptionalOnesFilledIn() throws {
        let signature = try Signature("q -> a: int, o: Optional[int], d: str = 'none'")
        #expect(try adapter.parse(#"{"thoughts": "hm", "a": 1}"#, for: signature) == ["a": 1, "o": .null, "d": "none"])
    }

    @Test(arguments: [Adapter.chat, .json])
    func limitsHold(adapter: Adapter) throws {
        func verdict(_ type: String, _ limits: JSONObject, _ value: JSON) throws -> String? {
            let field = Field(name: "a", type: try FieldType(parsing: type), limits: FieldLimits(limits))
            let signature = try Signature(inputs: [Field(name: "q")], outputs: [field])
            let text =
                switch adapter {
                case .chat: ChatAdapter().answer(signature, ["a": value])
                case .json: JSONAdapter().answer(signature, ["a": value])
                }
            do throws(UnparseableAnswer) {
                #expect(try adapter.parse(text, for: signature) == ["a": value])
                return nil
            } catch { return error.reason }
        }
        #expect(try verdict("int", ["ge": 1, "le": 5], 5) == nil)
        #expect(try verdict("int", ["ge": 1, "le": 5], 7) == "field 'a': 7 is outside the limit 'less than or equal to: 5'")
        #expect(try verdict("int", ["gt": 1], 1) == "field 'a': 1 is outside the limit 'greater than: 1'")
        #expect(try verdict("int", ["gt": .int(1 << 53)], .int(1 << 53 + 1)) == nil)
        #expect(try verdict("float", ["lt": 0.5], 0.5) == "field 'a': 0.5 is outside the limit 'less than: 0.5'")
        #expect(try verdict("float", ["multiple_of": 0.1], 0.3) == nil)
        #expect(
            try verdict("int", ["multiple_of": 3], 7) == "field 'a': 7 is outside the limit 'a multiple of the given number: 3'")
        #expect(try verdict("str", ["min_length": 2, "max_length": 3], "日本語") == nil)
        #expect(try verdict("str", ["max_length": 2], "日本語") == #"field 'a': "日本語" is outside the limit 'maximum length: 2'"#)
        #expect(try verdict("list[int]", ["min_length": 1], []) == "field 'a': [] is outside the limit 'minimum length: 1'")
        #expect(try verdict("Optional[int]", ["ge": 1], .null) == nil)
        let long = try #require(try verdict("str", ["max_length": 9], .string(String(repeating: "x", count: 100_000))))
        #expect(long.unicodeScalars.count < 300 && long.contains("(100002 characters)"))
    }

    @Test func responseFormats() throws {
        let item = ObjectType(
            name: "Item", properties: [.init(name: "qty", type: .int, defaultValue: 1), .init(name: "name", type: .string)])
        let signature = try Signature(
            inputs: [Field(name: "q")],
            outputs: [
                Field(name: "z_first", type: .literal(["a", "b"])), Field(name: "items", type: .list(.object(item))),
                Field(name: "note", type: .optional(.string), defaultValue: .null),
            ])
        let schema: JSON = [
            "type": "object", "title": "DSPyProgramOutputs",
            "properties": [
                "z_first": ["enum": ["a", "b"], "type": "string", "title": "Z First"],
                "items": ["type": "array", "items": ["$ref": "#/$defs/Item"], "title": "Items"],
                "note": ["anyOf": [["type": "string"], ["type": "null"]], "title": "Note"],
            ],
            "required": ["z_first", "items", "note"], "additionalProperties": false,
            "$defs": [
                "Item": [
                    "type": "object", "title": "Item",
                    "properties": ["qty": ["type": "integer", "title": "Qty"], "name": ["type": "string", "title": "Name"]],
                    "required": ["qty", "name"], "additionalProperties": false,
                ]
            ],
        ]
        let format = adapter.responseFormat(for: signature, support: .jsonSchema)
        #expect(format == .jsonSchema(name: "DSPyProgramOutputs", schema: schema))
        guard case .jsonSchema(_, let written) = format else { return }
        // A model writes the members in the order of the schema.
        #expect(written["properties"]?.objectValue?.keys == ["z_first", "items", "note"])
        #expect(adapter.responseFormat(for: signature, support: .jsonObject) == .jsonObject)
        #expect(adapter.responseFormat(for: signature, support: .none) == nil)
        for open in [
            "dict[str, Any]", "dict", "list[dict[str, int]]", "Any", "list", "object", "Optional[dict]", "tuple[int, str]",
        ] {
            #expect(adapter.responseFormat(for: try Signature("q -> a: \(open)"), support: .jsonSchema) == .jsonObject)
        }
    }
}
