import JSON
import Testing

@testable import Programs

@Suite struct SignatureTests {
    @Test func shorthand() throws {
        let signature = try Signature("q, n: int = 3 -> a: list[Literal['x', 'y']], b: dict[str, int | None],")
        #expect(signature.inputs.map(\.name) == ["q", "n"])
        #expect(signature.inputs[1].defaultValue == 3)
        #expect(signature.inputs[0].defaultValue == Optional<JSON>.none)
        #expect(signature.outputs.map(\.type) == [.list(.literal(["x", "y"])), .dict(.string, .union([.int, .none]))])
        #expect(signature.instructions == "Given the fields `q`, `n`, produce the fields `a`, `b`.")
        #expect(try Signature("q -> a: Literal['->', 'x']").outputs[0].type == .literal(["->", "x"]))
        #expect(try Signature("q -> a: Literal[-1, Literal['b', -1], 1.5]").outputs[0].type == .literal([-1, "b", 1.5]))
        #expect(try Signature("q -> a: typing.Optional[str]").outputs[0].isOptional)
    }

    @Test(arguments: [
        ("q a", "exactly one '->'"), ("q -> a -> b", "exactly one '->'"), ("q, q -> a", "'q' appears twice"),
        ("q -> a, a", "'a' appears twice"), ("q -> q", "both an input and an output"), ("q -> a: string", "did you mean 'str'?"),
        ("q -> a: Optinal[int]", "did you mean 'Optional'?"), ("q -> in", "word of Python"), ("q -> _a", "underscore"),
        ("q -> a: list[int", "expected ']'"), ("q -> a: Literal[card]", "in quotes"), ("q -> a: Literal['x", "not closed"),
        ("q -> a: dict[str]", "takes 2"), ("q -> a: int[str]", "takes no types"), ("q -> a: Optional", "needs arguments"),
        ("q; -> a", "unexpected character ';'"), ("q -> a b", "expected ','"), ("q: -> a", "expected a type"),
        ("q -> a: set[str]", "did you mean 'list'?"), ("q -> a: Zebra", "unknown type 'Zebra'"),
    ])
    func refusals(shorthand: String, words: String) {
        let error = #expect(throws: SignatureError.self) { try Signature(shorthand) }
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("camelCaseText", "Camel Case Text"), ("text2number", "Text 2 Number"), ("HTMLParser", "HTML Parser"),
        ("answer_1", "Answer 1"), ("userID", "User ID"), ("__x", "  X"),
    ])
    func humanised(name: String, words: String) {
        #expect(humanisedName(name) == words)
        #expect(Field(name: name).prefix == words + ":")
    }

    @Test func schema() throws {
        let item = ObjectType(
            name: "Item",
            properties: [.init(name: "name", type: .string), .init(name: "qty", type: .int, defaultValue: 1)])
        #expect(
            FieldType.list(.object(item)).schema.serialized(.python)
                == ##"{"type": "array", "$defs": {"Item": {"type": "object", "properties": {"name": {"type": "string", "title": "Name"}, "qty": {"type": "integer", "default": 1, "title": "Qty"}}, "required": ["name"], "title": "Item"}}, "items": {"$ref": "#/$defs/Item"}}"##
        )
        #expect(
            try FieldType(parsing: "Optional[str]").schema.serialized(.python)
                == #"{"anyOf": [{"type": "string"}, {"type": "null"}]}"#)
    }

    @Test func limits() {
        let field = Field(name: "x", type: .int, limits: FieldLimits(["ge": 1, "le": 5]))
        #expect(field.limits.text == "greater than or equal to: 1, less than or equal to: 5")
    }

    @Test func jsonRoundTrip() throws {
        let item = ObjectType(
            name: "I", properties: [.init(name: "a", type: .optional(.int), description: "d", defaultValue: .null)])
        var signature = try Signature(
            "q: list, r: tuple[int, ...] -> a: Literal['it\\'s', '\\\\', 3], b: Union[int, str, None], c: dict, d: tuple[int, str], e: object"
        )
        signature.outputs[0].description = "the answer"
        signature.outputs[1].limits = FieldLimits(["ge": 0.5])
        signature.outputs[2].type = .dict(.string, .object(item))
        signature.inputs[0].defaultValue = []
        let text = signature.json.serialized()
        #expect(try Signature(json: JSON(parsing: text)) == signature)
    }
}
