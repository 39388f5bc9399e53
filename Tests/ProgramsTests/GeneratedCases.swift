import Foundation
import JSON
import Randomness

/// Cases for the comparison with DSPy, drawn from a seed: prompts, and answers in many states of disrepair.
///
/// `NIGHTSHIFT_PARITY_SEED` draws others.
enum GeneratedCases {
    static let json: JSON = ["render": .array(prompts), "parse": .array(answers)]

    static let ownSeed = ProcessInfo.processInfo.environment["NIGHTSHIFT_PARITY_SEED"].flatMap { UInt64($0) }
    private static let seed = ownSeed ?? 1

    private static let prompts: [JSON] = (0..<160).map { index in
        var draw = CaseGenerator(seed: seed, index: index)
        return draw.promptCase()
    }

    private static let answers: [JSON] = CaseGenerator.disorders.flatMap { disorder in
        (0..<6 * disorder.count).map { index in
            var draw = CaseGenerator(seed: seed + 1, purpose: disorder.name, index: index)
            return draw.answerCase(disorder)
        }
    }
}

/// Draws signatures, values and answers.
struct CaseGenerator {
    private var random: KeyedGenerator

    init(seed: UInt64, purpose: String = "case", index: Int) {
        random = KeyedGenerator(seed: seed, purpose: purpose, index: index)
    }

    mutating func below(_ bound: Int) -> Int { random.below(bound) }
    mutating func chance(_ percent: Int) -> Bool { random.below(100) < percent }
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[random.below(elements.count)] }

    // MARK: Values

    private static let words = [
        "", "card", "x", "Paris", "a b", "Größe", "日本", "it's", "say \"hi\"", "line\nbreak", "tab\there", " padded ",
        "back\\slash",
        "{brace}", "[1]", "a, b", "k: v", "None", "3", "true", "«q»", "🙂", "100%", "#hash", "c'est \"tout\"", "1,000", "e\u{301}",
        "a/b",
    ]

    mutating func text() -> JSON { .string(pick(Self.words)) }

    /// Any value, at most three levels deep.
    mutating func anything(_ depth: Int = 0) -> JSON {
        switch below(depth < 2 ? 8 : 6) {
        case 0: return .null
        case 1: return .bool(chance(50))
        case 2: return .int(below(200) - 50)
        case 3: return .double(pick([0.5, -2.25, 1e-7, 1e22, 3.0]))
        case 4, 5: return text()
        case 6: return .array((0..<below(3)).map { _ in anything(depth + 1) })
        default: return .object(JSONObject((0..<below(3)).map { ("k\($0)", anything(depth + 1)) }))
        }
    }

    mutating func list(_ element: (inout Self) -> JSON) -> JSON { .array((0..<below(4)).map { _ in element(&self) }) }

    mutating func dictionary(_ element: (inout Self) -> JSON) -> JSON {
        .object(JSONObject((0..<below(3)).map { (["a", "b c", "ü"][$0], element(&self)) }))
    }

    mutating func integer() -> JSON { .int(pick([0, 1, 3, 7, -4, 12, 500, 1_000_000])) }

    // MARK: Signatures

    /// A type as a study writes it, and how its values are drawn.
    struct Kind: Sendable {
        var type: String
        var refinement: JSONObject = [:]
        var value: @Sendable (inout CaseGenerator) -> JSON
    }

    static let kinds: [Kind] = [
        Kind(type: "str") { $0.text() },
        Kind(type: "str") { $0.text() },
        Kind(type: "str", refinement: ["desc": "a word", "max_length": 40]) { $0.text() },
        Kind(type: "int") { $0.integer() },
        Kind(type: "int", refinement: ["ge": -1000, "le": 5_000_000]) { $0.integer() },
        Kind(type: "float") { .double($0.pick([0.5, -3.25, 1e-5, 2.0, 1e20])) },
        Kind(type: "bool") { .bool($0.chance(50)) },
        Kind(type: "Literal['card', 'cash', 'it\\'s']") { $0.pick(["card", "cash", "it's"]) },
        Kind(type: "Literal[1, 2, 3]") { .int(1 + $0.below(3)) },
        Kind(type: "Literal['a', 2, True]") { $0.pick(["a", 2, true]) },
        Kind(type: "str", refinement: ["enum": ["north", "south east"]]) { $0.pick(["north", "south east"]) },
        Kind(type: "Optional[str]") { $0.chance(30) ? .null : $0.text() },
        Kind(type: "Optional[int]") { $0.chance(30) ? .null : $0.integer() },
        Kind(type: "list[str]") { $0.list { $0.text() } },
        Kind(type: "list[int]") { $0.list { $0.integer() } },
        Kind(type: "Optional[list[float]]") { $0.chance(30) ? .null : $0.list { _ in 0.5 } },
        Kind(type: "dict[str, int]") { $0.dictionary { $0.integer() } },
        Kind(type: "dict[str, Any]") { $0.dictionary { $0.anything(1) } },
        Kind(type: "list[dict[str, str]]") { $0.list { $0.dictionary { $0.text() } } },
        Kind(type: "tuple[int, str]") { [$0.integer(), $0.text()] },
        Kind(type: "tuple[int, ...]") { $0.list { $0.integer() } },
        Kind(type: "Union[int, str]") { $0.chance(50) ? $0.integer() : "word" },
        Kind(type: "Union[int, float, bool]") { $0.pick([1, 2.5, true]) },
        Kind(type: "list") { $0.list { $0.anything(1) } },
        Kind(type: "dict") { $0.dictionary { $0.anything(1) } },
        Kind(
            type: "object",
            refinement: ["properties": ["name": "str", "qty": ["type": "int", "default": 1], "tags": "list[str]"]]
        ) {
            ["name": $0.text(), "qty": $0.integer(), "tags": $0.list { $0.text() }]
        },
        Kind(
            type: "list[object]",
            refinement: ["name": "Row", "properties": ["id": ["type": "int", "desc": "number"], "ok": "Optional[bool]"]]
        ) {
            $0.list { ["id": $0.integer(), "ok": $0.pick([true, false, .null])] }
        },
    ]

    private static let names = [
        "answer", "score", "team_name", "items2", "isVIP", "x", "reasoning", "html_text", "note", "total",
    ]

    struct Declaration {
        var case_: JSONObject
        var inputs: [(name: String, kind: Kind)]
        var outputs: [(name: String, kind: Kind)]
    }

    mutating func declaration(outputs count: ClosedRange<Int> = 1...5, kinds: [Kind] = kinds) -> Declaration {
        let names = random.shuffled(Self.names)
        let inputs = (0..<(1 + below(3))).map { ("in_\($0)", pick(Self.kinds)) }
        let outputs = (0..<(count.lowerBound + below(count.count))).map { (names[$0], pick(kinds)) }
        func side(_ fields: [(name: String, kind: Kind)]) -> String {
            fields.map { $0.kind.type == "str" ? $0.name : "\($0.name): \($0.kind.type)" }.joined(separator: ", ")
        }
        var fields = JSONObject()
        for (name, kind) in inputs + outputs where !kind.refinement.isEmpty { fields[name] = .object(kind.refinement) }
        var declaration: JSONObject = ["signature": .string("\(side(inputs)) -> \(side(outputs))")]
        if !fields.isEmpty { declaration["fields"] = .object(fields) }
        return Declaration(case_: declaration, inputs: inputs, outputs: outputs)
    }

    private static let instructions = [
        "Answer.", "Two\nlines, « été ».", "  Indented\n    more\n  less", "Ends with space ", "Tabs\tinside\n\n\nand blanks",
        "\nStarts blank.",
    ]

    mutating func promptCase() -> JSON {
        let declared = declaration()
        var test = declared.case_
        if chance(70) { test["instructions"] = .string(pick(Self.instructions)) }
        test["demos"] = .array(
            (0..<below(4)).map { _ in
                let percent = pick([100, 100, 60, 20])
                return .object(
                    values(of: declared.inputs + declared.outputs, keeping: percent).merging(
                        chance(30) ? ["augmented": true] : [:]))
            })
        test["inputs"] = .object(values(of: declared.inputs, keeping: 100))
        return .object(test)
    }

    private mutating func values(of fields: [(name: String, kind: Kind)], keeping percent: Int) -> JSONObject {
        var values = JSONObject()
        for field in fields where chance(percent) { values[field.name] = field.kind.value(&self) }
        return values
    }

    // MARK: Answers

    mutating func answerCase(_ disorder: Disorder) -> JSON {
        let declared = declaration(outputs: 1...4, kinds: disorder.kinds ?? Self.kinds)
        let values = declared.outputs.map { ($0.name, $0.kind.value(&self)) }
        var test = declared.case_
        test["class"] = .string(disorder.name)
        test["adapter"] = disorder.isJSON ? "json" : "chat"
        test["text"] = .string(disorder.write(values, &self))
        return .object(test)
    }
}
