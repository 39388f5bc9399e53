import JSON
import Programs

/// The parsers, and well-formed texts for each.
struct Targets: Sendable {
    private let signatures: [Signature]
    /// By signature, answers of both forms.
    private let answers: [[[UInt8]]]
    private let documents: [[UInt8]]
    private let shorthands: [[UInt8]]
    private let stateFile: StateFile
    private let states: [[UInt8]]

    private static let types = [
        "str", "int", "float", "bool", "Any", "Literal['card', 'cash']", "Literal[1, 2.5, True, 'x']", "Optional[str]",
        "Optional[int]", "list[str]", "list[int]", "list",
        "dict[str, int]", "dict[str, Any]", "dict", "tuple[int, str]", "tuple[float, ...]", "Union[int, str]",
        "Union[int, float, bool, list[dict[str, str]]]",
        "Optional[list[Literal['a', 'b']]]",
    ]

    private static let values: [JSON] = [
        "a text, \"quoted\"", 7, -2.5, true, .null, ["x", "y z"], [1, 2, 3], ["a": 1, "b": 2], ["k": ["n": .null, "l": [1.5]]],
        "card", 2.5, [3, "word"], "line\nbreak 'x'",
        [["a": "1"], ["a": "2"]],
    ]

    init() throws {
        let item = ObjectType(
            name: "Item",
            properties: [
                .init(name: "name", type: .string), .init(name: "qty", type: .int, defaultValue: 1),
                .init(name: "tags", type: .list(.string), defaultValue: []),
            ])
        let types = try Self.types.map { try FieldType(parsing: $0) } + [.object(item), .list(.object(item))]
        var signatures: [Signature] = []
        for (index, type) in types.enumerated() {
            let limits: FieldLimits =
                type == .int
                ? FieldLimits(["ge": -5, "le": 1000]) : type == .string ? FieldLimits(["max_length": 60]) : FieldLimits()
            var outputs = [Field(name: "a", type: type, limits: limits)]
            if index % 2 == 0 { outputs.append(Field(name: "b", type: types[(index + 5) % types.count])) }
            if index % 3 == 0 { outputs.append(Field(name: "c", type: .optional(.float), defaultValue: 0.5)) }
            signatures.append(try Signature(inputs: [Field(name: "q")], outputs: outputs))
        }
        self.signatures = signatures
        answers = signatures.map { signature in
            Self.values.indices.flatMap { index -> [[UInt8]] in
                let values = JSONObject(signature.outputs.map { ($0.name, Self.value(of: $0, index)) })
                let json = JSONAdapter().answer(signature, values)
                return [ChatAdapter().answer(signature, values), json, "Here:\n```json\n\(json)\n```"].map { Array($0.utf8) }
            }
        }
        documents = Self.values.flatMap { [$0.bytes(.python), $0.bytes(.pretty)] }
        shorthands = Self.types.map { Array("question, context: list[str] -> a: \($0) = 3, b".utf8) }
        stateFile = StateFile(predictors: [
            PredictorDescription(path: "p.predict", signature: signatures[0], module: "ChainOfThought")
        ])
        let state = ProgramState([("p.predict", PredictorState(instructions: "Do.", demos: [["q": "x", "a": "y"]]))])
        states = [Array(stateFile.text(state, annotations: ["score": 0.5]).utf8), stateFile.json(state).bytes()]
    }

    /// One of the values that the field may have; now and then any.
    private static func value(of field: Field, _ index: Int) -> JSON {
        let fitting = index % 4 == 3 ? values : values.filter(field.holds)
        return fitting.isEmpty ? .null : fitting[index % fitting.count]
    }

    func input(seed: UInt64, index: Int) -> FuzzInput {
        var draw = Mutator(seed: seed, index: index)
        let signature = draw.below(signatures.count)
        let (target, bases): (FuzzInput.Target, [[UInt8]]) =
            switch draw.below(20) {
            case 0..<7: (.chat, answers[signature])
            case 7..<14: (.json, answers[signature])
            case 14: (.parser, documents)
            case 15: (.literal, documents)
            case 16, 17: (.tolerant, documents)
            case 18: (.signature, shorthands)
            default: (.state, states)
            }
        let (base, other) = (bases[draw.below(bases.count)], bases[draw.below(bases.count)])
        return FuzzInput(target: target, index: index, signature: signature, text: draw.text(from: base, other: other))
    }

    /// Reads the input and checks what comes of it.
    func outcome(of input: FuzzInput) -> Outcome {
        switch input.target {
        case .chat: answer(input, .chat)
        case .json: answer(input, .json)
        case .parser: document(input.text)
        case .tolerant: TolerantJSON.value(in: input.text).map(written) ?? .refusal
        case .literal: PythonLiteral.value(of: input.text).map(written) ?? .refusal
        case .signature: signature(input.text)
        case .state: state(input.text)
        }
    }

    private func answer(_ input: FuzzInput, _ adapter: Adapter) -> Outcome {
        let signature = signatures[input.signature]
        do throws(UnparseableAnswer) {
            let fields = try adapter.parse(input.text, for: signature)
            guard fields.keys == signature.outputs.map(\.name) else { return .wrong("fields \(fields.keys)") }
            for field in signature.outputs {
                guard let value = fields[field.name], field.holds(value) else {
                    return .wrong("\(field.name): \(fields[field.name]?.serialized() ?? "") is no \(field.type.pythonName)")
                }
            }
            return written(.object(fields))
        } catch {
            return error.reason.isEmpty || error.reason.utf8.count > 5000
                ? .wrong("the reason has \(error.reason.utf8.count) bytes") : .refusal
        }
    }

    private func document(_ text: String) -> Outcome {
        do throws(JSONSyntaxError) { return written(try JSON(parsing: text)) } catch {
            return error.offset <= text.utf8.count ? .refusal : .wrong("an error at byte \(error.offset)")
        }
    }

    /// A value must survive being written and read again.
    private func written(_ value: JSON) -> Outcome {
        (try? JSON(parsing: value.serialized())) == value ? .value : .wrong("\(value.serialized()) is not what was written")
    }

    private func signature(_ text: String) -> Outcome {
        do throws(SignatureError) {
            let signature = try Signature(text)
            // DSPy writes the members of a Literal without escapes.
            guard
                text.contains("\\") || (try? Signature(signature.shorthand))?.outputs.map(\.type) == signature.outputs.map(\.type)
            else {
                return .wrong("its shorthand '\(signature.shorthand)' is another signature")
            }
            return .value
        } catch { return error.message.isEmpty ? .wrong("an error without words") : .refusal }
    }

    private func state(_ text: String) -> Outcome {
        guard let json = try? JSON(parsing: text) else { return .refusal }
        do throws(Diagnostics) {
            _ = try stateFile.state(from: json)
            return .value
        } catch { return error.all.isEmpty ? .wrong("no findings") : .refusal }
    }
}
