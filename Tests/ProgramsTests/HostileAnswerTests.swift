import JSON
import Testing

@testable import Programs

/// Answers that no model should give: each ends in a value or a refusal, and soon, on whatever stack the caller has.
@Suite struct HostileAnswerTests {
    /// Bytes of a repeated text: a scan that is not linear shows, and a build without optimisation still ends.
    private static let length = 1 << 15

    private static func repeated(_ text: String, length: Int = length) -> String {
        String(repeating: text, count: length / text.utf8.count)
    }

    static let answers: [(name: String, text: String)] = [
        ("empty", ""), ("blank", " \n"), ("NUL", "\0"), ("BOM", "\u{FEFF}"), ("text", repeated("All work and no play. ")),
        ("open lists", repeated("[")), ("open objects", repeated("{")), ("open members", repeated("{\"a\":")),
        ("parentheses", repeated("(\n")),
        ("closed parentheses", repeated("(\n") + repeated(")x\n")), ("lists", repeated("[") + repeated("]")),
        ("short lists", repeated("[] ")), ("sets", repeated("{1 ")),
        ("quotes", repeated("\"")), ("quotes in a list", "[" + repeated("\"a\"b ")),
        ("quotes in an object", "{\"a\": \"" + repeated("\"b\" c, ")),
        ("nested quotes", repeated("{\"a\": \"{'b': '")), ("commas", "{\"a\": \"" + repeated(",x ")),
        ("keys", "{" + repeated("\"a\": 1, ")), ("comments", "[" + repeated("#\n")),
        ("block comments", "[" + repeated("/* ")), ("backslashes", "{\"a\": \"" + repeated("\\")),
        ("escapes", "{\"a\": \"" + repeated("\\u00")),
        ("lone surrogates", "{\"a\": \"" + repeated("\\ud800") + "\"}"),
        ("spaces", "{\"a\": \"x\" y" + repeated(" ") + "\"," + repeated(" ")),
        ("commas before space", "{\"a\": \"" + repeated(",") + "\"" + repeated(" ")),
        ("digits", "[[ ## a ## ]]\n" + repeated("7")), ("huge exponent", "{\"a\": 1e" + repeated("9") + "}"),
        ("overflow", "{\"a\": 1e999}"), ("headers", repeated("[[ ## a ## ]]\n")),
        ("header of marks", "[[ ## " + repeated("\u{301}") + " ## ]]"), ("tuple", "[[ ## a ## ]]\n" + repeated("1,")),
        ("fences", repeated("```json\n{\"a\": ```")), ("braces in a text", "{\"a\": \"" + repeated("}")),
        ("brackets in a text", "[\"a" + repeated("]")), ("members after the end", repeated("{},\"a\":")),
        ("colons", "{" + repeated(":")), ("control characters", "{\"a\": \"" + repeated("\u{1}")),
        ("typographic quotes", "{“a”: " + repeated("“")), ("duplicate keys", "[{" + repeated("a:1 ")),
    ]

    static let types = ["str", "float", "Literal['x', 2]", "Union[int, list[str], dict[str, list[int]], bool]", "Any"]

    @Test(arguments: answers.map(\.name)) func endsSoon(name: String) throws {
        let text = try #require(Self.answers.first { $0.name == name }).text
        for type in Self.types {
            let signature = try Signature("q -> a: \(type)")
            for adapter in Adapter.allCases {
                let wrapped = adapter == .chat ? "[[ ## a ## ]]\n" + text : text
                for text in adapter == .chat ? [text, wrapped] : [text] {
                    let time = ContinuousClock().measure {
                        do throws(UnparseableAnswer) { #expect(try adapter.parse(text, for: signature).keys == ["a"]) } catch {
                            #expect(error.text == text && error.reason.utf8.count < 2000)
                        }
                    }
                    #expect(time < .seconds(20), "\(adapter) \(type)")
                }
            }
        }
    }

    @Test(arguments: ["[", "\"", "x ", "{\"a\": "]) func megabytes(part: String) throws {
        let signature = try Signature("q -> a: Any")
        for adapter in Adapter.allCases {
            let text = (adapter == .chat ? "[[ ## a ## ]]\n" : "") + Self.repeated(part, length: 1 << 20)
            do throws(UnparseableAnswer) { #expect(try adapter.parse(text, for: signature).keys == ["a"]) } catch {
                #expect(error.text == text)
            }
        }
    }

    @Test func signaturesAndDocumentsEndSoon() throws {
        for text in [
            Self.repeated("("), Self.repeated("list["), Self.repeated("Literal["), Self.repeated("'"), Self.repeated("a"),
            (0..<5_000).map { "a\($0)" }.joined(separator: ","),
            "a: " + (0..<3_000).map { "Literal[\($0)]" }.joined(separator: "|"),
            "a: Literal[" + (0..<5_000).map(String.init).joined(separator: ",") + "]",
        ] {
            for shorthand in ["q -> x: \(text)", "\(text) -> x"] {
                do throws(SignatureError) { _ = try Signature(shorthand) } catch { #expect(!error.message.isEmpty) }
            }
        }
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: Self.repeated("[")) }
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: "1e999") }
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: #""\u+123""#) }
        #expect(try JSON(parsing: #""\ud800""#) == "\u{FFFD}")
    }
}
