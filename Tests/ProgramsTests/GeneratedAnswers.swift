import JSON

@testable import Programs

/// A way in which a model's answer departs from what was asked; `chat.well-formed` and `json.well-formed` do not.
struct Disorder: Sendable {
    typealias Values = [(name: String, value: JSON)]

    var name: String
    var count = 12
    /// The types of the outputs; nil for any.
    var kinds: [CaseGenerator.Kind]?
    var write: @Sendable (Values, inout CaseGenerator) -> String

    var isJSON: Bool { name.hasPrefix("json") }

    init(
        _ name: String, count: Int = 12, kinds: [CaseGenerator.Kind]? = nil,
        _ write: @escaping @Sendable (Values, inout CaseGenerator) -> String
    ) {
        self.name = name
        self.count = count
        self.kinds = kinds
        self.write = write
    }
}

extension CaseGenerator {
    static let disorders: [Disorder] = chatDisorders + chatValues + jsonDisorders + jsonValues

    private static func spelling(_ value: JSON) -> String { pythonText(of: value) }

    private static func sections(_ values: Disorder.Values, _ text: (JSON) -> String = spelling) -> String {
        values.map { "[[ ## \($0.name) ## ]]\n\(text($0.value))" }.joined(separator: "\n\n")
    }

    private static func object(_ values: Disorder.Values) -> JSON { .object(JSONObject(values.map { ($0.name, $0.value) })) }

    private static let chatDisorders: [Disorder] = [
        Disorder("chat.well-formed", count: 24) { values, _ in sections(values) + "\n\n[[ ## completed ## ]]\n" },
        Disorder("chat.not completed") { values, _ in sections(values) },
        Disorder("chat.preamble") { values, _ in
            "Sure! Here is [[ ## answer ## ]] it:\n\n" + sections(values) + "\n[[ ## completed ## ]] done"
        },
        Disorder("chat.value beside its header") { values, _ in
            values.map { "[[ ## \($0.name) ## ]] \(spelling($0.value))" }.joined(separator: "\n")
        },
        Disorder("chat.indented header", count: 8) { values, _ in
            values.map { "  [[ ## \($0.name) ## ]]\n  \(spelling($0.value))" }.joined(separator: "\n")
        },
        Disorder("chat.mangled header") { values, draw in
            sections(values).replacing(draw.pick(["[[ ## ", " ## ]]"]), with: draw.pick(["[[##", "**[[ ## ", " ##]]", "## "]))
        },
        Disorder("chat.missing field") { values, _ in sections(Array(values.dropLast())) + "\n\n[[ ## completed ## ]]" },
        Disorder("chat.unknown field") { values, _ in "[[ ## thoughts ## ]]\nhm\n\n" + sections(values) },
        Disorder("chat.repeated field") { values, _ in sections(values) + "\n\n" + sections(values.map { ($0.name, "other") }) },
        Disorder("chat.other order") { values, _ in sections(values.reversed()) },
        Disorder("chat.windows line ends") { values, _ in sections(values).replacing("\n", with: "\r\n") },
        Disorder("chat.byte order mark") { values, _ in "\u{FEFF}" + sections(values) },
        Disorder("chat.truncated") { values, draw in
            let text = sections(values) + "\n\n[[ ## completed ## ]]\n"
            return String(text.unicodeScalars.prefix(draw.below(text.unicodeScalars.count)).text)
        },
        Disorder("chat.empty", count: 3) { _, draw in draw.pick(["", " ", "\n\n", "[[ ## completed ## ]]"]) },
        Disorder("chat.empty, all optional", count: 1, kinds: kinds("Optional[str]", "Optional[int]")) { _, draw in
            draw.pick(["", " ", "\n\n"])
        },
        Disorder("chat.control characters") { values, draw in
            sections(values) { spelling($0) + draw.pick(["\0", "\u{1}", "\u{1F}", "\u{7F}", "\u{85}"]) }
        },
    ]

    /// Kinds that are read from the text of a section, not taken as they are.
    private static let typed = kinds.filter { $0.type != "str" && $0.type != "Optional[str]" }
    private static func kinds(_ types: String...) -> [Kind] { kinds.filter { types.contains($0.type) } }

    private static let chatValues: [Disorder] = [
        Disorder("chat.value in a fence", count: 20, kinds: typed) { values, _ in
            sections(values) { "```json\n\($0.serialized(.pretty))\n```" }
        },
        Disorder("chat.Python spelling", count: 30, kinds: typed) { values, _ in sections(values, pythonString) },
        Disorder("chat.value in quotes", count: 20, kinds: typed) { values, draw in
            let quote = draw.pick(["\"", "'"])
            return sections(values) { quote + spelling($0) + quote }
        },
        Disorder("chat.value as JSON", count: 20, kinds: typed) { values, _ in sections(values) { $0.serialized(.compact) } },
        Disorder("chat.value and a comment", count: 20, kinds: typed) { values, draw in
            let comment = draw.pick([" # sure", " // sure", " (sure)", "."])
            return sections(values) { spelling($0) + comment }
        },
        Disorder("chat.other value", count: 60, kinds: typed) { values, draw in
            sections(values.map { ($0.name, draw.anything()) })
        },
        Disorder(
            "chat.numbers", count: 60,
            kinds: kinds("int", "float", "bool", "Optional[int]", "Union[int, float, bool]", "Literal[1, 2, 3]")
        ) { values, draw in
            sections(values) { _ in
                draw.pick([
                    "7.0", "7.5", "+3", "-0", "1_000", "1__0", "007", "0x10", "-0b1", ".5", "5.", "1e3", "1E+2", "12 ", "1,000",
                    "nan", "Infinity", "1e999",
                    "9223372036854775807", "9223372036854775808", "-", "٣", "1/2", "50%", "yes", "No", "t", "ON", "none", "None",
                    "NULL", "true", "[1]", "\"2\"",
                    "'2'", "1 2", "two", "2 # two", "(3)", "- 3", "--3", "1e", "1.2.3", "0o17", "3j", "b'1'", "Literal[2]",
                    "Literal['2']",
                ])
            }
        },
        Disorder("chat.literals", count: 40, kinds: kinds("Literal['card', 'cash', 'it\\'s']", "Literal['a', 2, True]", "str")) {
            values, draw in
            sections(values) { value in
                let text = spelling(value)
                return draw.pick([
                    "'\(text)'", "\"\(text)\"", "Literal['\(text)']", "str[\(text)]", "Literal[\(text)]", text.uppercased(),
                    " \(text) ", "\(text).", "``\(text)``",
                    "'\(text)", "[\(text)]", "['\(text)']", "“\(text)”", "\(text)\n", "Literal['card', 'cash']",
                ])
            }
        },
    ]

    /// Damages that need only the text of the object.
    private static func damage(
        _ name: String, count: Int = 12, _ change: @escaping @Sendable (String, inout CaseGenerator) -> String
    ) -> Disorder {
        Disorder(name, count: count) { values, draw in
            change(object(values).serialized(draw.pick([.pretty, .python, .compact])), &draw)
        }
    }

    private static let jsonDisorders: [Disorder] = [
        damage("json.well-formed", count: 24) { text, _ in text },
        damage("json.fence") { text, _ in "```json\n\(text)\n```" },
        damage("json.prose around") { text, draw in
            draw.pick(["Here it is: ", "The answer (as asked):\n", "See # 1\n"]) + text
                + draw.pick(["\nHope it helps!", " :)", " {sic}"])
        },
        damage("json.truncated", count: 60) { text, draw in
            text.unicodeScalars.prefix(draw.below(text.unicodeScalars.count) + 1).text
        },
        damage("json.first brace missing") { text, _ in String(text.dropFirst()) },
        damage("json.last brace missing") { text, _ in String(text.dropLast()) },
        damage("json.brace too many") { text, _ in text + "}" },
        damage("json.commas missing", count: 20) { text, _ in text.replacing(",\n", with: "\n").replacing(", \"", with: " \"") },
        damage("json.commas trailing") { text, _ in text.replacing("}", with: ",}").replacing("]", with: ",]") },
        damage("json.comments", count: 20) { text, draw in
            text.replacing("\n", with: draw.pick([" // note\n", " # note\n", "/* note */\n"]))
        },
        damage("json.quotes escaped") { text, _ in text.replacing("\"", with: "\\\"") },
        damage("json.quotes doubled") { text, _ in text.replacing("\"", with: "\"\"") },
        damage("json.typographic quotes") { text, _ in text.replacing(": \"", with: ": “").replacing("\",", with: "”,") },
        damage("json.a quote missing", count: 30) { text, draw in
            let quotes = text.indices.filter { text[$0] == "\"" }
            var text = text
            text.remove(at: draw.pick(quotes))
            return text
        },
        damage("json.a character missing", count: 60) { text, draw in
            var scalars = Array(text.unicodeScalars)
            scalars.remove(at: draw.below(scalars.count))
            return scalars.text
        },
        damage("json.a bracket too many", count: 30) { text, draw in
            var scalars = Array(text.unicodeScalars)
            scalars.insert(draw.pick(Array("{}[]()".unicodeScalars)), at: draw.below(scalars.count))
            return scalars.text
        },
        damage("json.bare keys", count: 20) { text, _ in text.replacing(#/"(\w+)":/#) { "\($0.output.1):" } },
        damage("json.in a list") { text, _ in "[\(text)]" },
        damage("json.twice") { text, draw in text + draw.pick(["\n", "\nor\n", ","]) + text },
        damage("json.in a text", count: 20) { text, _ in JSON.string(text).serialized() },
        damage("json.line ends in texts", count: 12) { text, _ in text.replacing("\\n", with: "\n") },
        damage("json.byte order mark") { text, _ in "\u{FEFF}" + text },
        damage("json.control characters") { text, draw in
            text.replacing(" ", with: draw.pick(["\0", "\u{1}", "\u{B}", "\u{A0}"]))
        },
        damage("json.nested deeply", count: 4) { text, draw in
            let depth = draw.pick([100, 300, 600])
            return text.replacing(": ", with: ": " + String(repeating: "[", count: depth)).replacing(
                "}", with: String(repeating: "]", count: depth) + "}")
        },
        damage("json.lone surrogates") { text, draw in
            text.replacing(": \"", with: draw.pick([": \"\\ud800", ": \"\\udc00x", ": \"\\ud83d\\ude42"]))
        },
        Disorder("json.Python spelling", count: 30) { values, _ in pythonString(of: object(values)) },
        Disorder("json.missing member") { values, _ in object(values.dropLast()).serialized() },
        Disorder("json.unknown member") { values, _ in object(values + [("thoughts", "hm")]).serialized() },
        Disorder("json.nothing", count: 8) { _, draw in
            draw.pick(["", " ", "null", "[]", "{}", "3", "\"text\"", "no idea", "{{}}", "(", "]"])
        },
        Disorder("json.chat format") { values, _ in sections(values) },
    ]

    private static let jsonValues: [Disorder] = [
        Disorder("json.null", count: 20) { values, _ in object(values.map { ($0.name, .null) }).serialized() },
        Disorder("json.other value", count: 80) { values, draw in object(values.map { ($0.name, draw.anything()) }).serialized()
        },
        Disorder("json.value as text", count: 40) { values, draw in
            let format = draw.pick([JSON.Format.python, .pretty])
            return object(values.map { ($0.name, .string($0.value.stringValue ?? $0.value.serialized(format))) }).serialized()
        },
        Disorder("json.value in a list", count: 20) { values, _ in object(values.map { ($0.name, [$0.value]) }).serialized() },
        Disorder("json.literals", count: 40, kinds: kinds("Literal[1, 2, 3]", "Literal['a', 2, True]")) { values, draw in
            object(
                values.map { ($0.name, draw.pick([1, 2.0, true, "2", "True", "a", "'a'", "A", 4, ["a"], .null, "Literal[2]"])) }
            ).serialized()
        },
        Disorder(
            "json.numbers", count: 40,
            kinds: kinds("int", "float", "bool", "Optional[int]", "Union[int, float, bool]", "Literal[1, 2, 3]", "str")
        ) { values, draw in
            let members = values.map { member in
                let number = draw.pick([
                    "7.0", "7.5", "+3", "-0", "1_000", "007", "0x10", ".5", "5.", "1e3", "1E400", "NaN", "-Infinity",
                    "9223372036854775808", "1e-5", "1e16", "0.1",
                    "true", "1", "0", "2.0", "\"2\"", "null", "-", "1-2", "12,5", "1.2.3",
                ])
                return "\"\(member.name)\": \(number)"
            }
            return "{\(members.joined(separator: ", "))}"
        },
    ]
}
