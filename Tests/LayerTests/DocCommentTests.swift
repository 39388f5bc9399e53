import Foundation
import Testing

/// Every public declaration of the library says what it is.
@Suite struct DocCommentTests {
    @Test(arguments: ["JSON", "Programs", "ProgramMetrics", "Nightshift"])
    func publicDeclarationsAreDocumented(_ target: String) throws {
        let folder = try checkout().appending(path: "Sources/\(target)")
        var findings: [String] = []
        var declarations = 0
        let names = try #require(FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String })
        for name in names.sorted() where name.hasSuffix(".swift") {
            let source = PublicDeclarations(try String(contentsOf: folder.appending(path: name), encoding: .utf8))
            declarations += source.count
            findings += source.undocumented.map { "Sources/\(target)/\(name):\($0.line): \($0.text)" }
        }
        #expect(declarations > 0)
        #expect(findings.isEmpty, "public, without a doc comment:\n\(findings.joined(separator: "\n"))")
    }

    @Test func findsWhatIsMissing() {
        let source = PublicDeclarations(
            """
            /// Documented.
            @frozen
            public struct A: Equatable, Codable {
                public var name: String
                /// Yes.
                public var size: Int

                public init(name: String, _ size: Int) {}
                public init(other: Int) {}
                public init() {}
                public static func == (left: A, right: A) -> Bool { true }
                public func encode(to encoder: any Encoder) throws {}
                    @inlinable public func run() {}
            }
            /// Documented.
            public protocol B {
                /// Yes.
                var size: Int { get }
                func run()
            }
            extension A { public static let none = A() }
            public extension A {}
            public import JSON
            """)
        #expect(source.undocumented.map(\.line) == [4, 9, 13, 19, 21])
    }

    private func checkout() throws -> URL {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root
    }
}

/// The public declarations of a source, and which of them stand without `///` above them.
///
/// Two kinds speak for themselves: what the standard library's protocols demand, and an initialiser that takes nothing but
/// values of the type's properties, which have their own comments.
private struct PublicDeclarations {
    private(set) var undocumented: [(line: Int, text: String)] = []
    private(set) var count = 0

    private static let demanded = [
        "func == (", "func < (", "func + (", "func += (", "func hash(into", "func encode(to", "func makeIterator()",
        "var description: String",
        "init(from decoder", "init(stringLiteral", "init(integerLiteral", "init(floatLiteral", "init(booleanLiteral",
        "init(arrayLiteral", "init(dictionaryLiteral", "var customMirror",
    ]

    init(_ source: String) {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        let words = lines.map { $0.drop { $0 == " " } }
        let properties = Set(source.matches(of: /(?:var|let) (\w+)\b/).map { String($0.output.1) })
        var isInProtocol = false
        for (number, line) in lines.enumerated() {
            guard let declaration = Self.declaration(in: line, isInProtocol: isInProtocol) else {
                if line.hasPrefix("}") { isInProtocol = false }
                continue
            }
            if declaration.hasPrefix("protocol ") { isInProtocol = !line.hasSuffix("}") }
            count += 1
            let above = words[..<number].last { !$0.hasPrefix("@") } ?? ""
            if above.hasPrefix("///") || Self.demanded.contains(where: declaration.contains) { continue }
            if declaration.hasPrefix("init"), !isInProtocol, Self.isMemberwise(words[number...], properties) { continue }
            undocumented.append((number + 1, String(words[number])))
        }
    }

    /// What follows `public`, or what a public protocol demands.
    private static func declaration(in line: Substring, isInProtocol: Bool) -> Substring? {
        if isInProtocol,
            let match = line.wholeMatch(of: #/\ {4}((?:mutating |static )?(?:associatedtype|func|init|subscript|var)\b.*)/#)
        {
            return match.output.1
        }
        let pattern = #/^\ *(?:extension [^{]*\{ )?(?:@\w+(?:\([^)]*\))? )*public (?:private\(set\) )?(.*)/#
        guard let match = line.firstMatch(of: pattern), !match.output.1.hasPrefix("import "),
            !match.output.1.hasPrefix("extension ")
        else { return nil }
        return match.output.1
    }

    /// Whether all parameters of the initialiser that starts here are properties of the type, or there are none.
    private static func isMemberwise(_ lines: ArraySlice<Substring>, _ properties: Set<String>) -> Bool {
        let text = lines.joined(separator: " ")
        guard let open = text.firstIndex(of: "(") else { return false }
        var depth = 0
        var parameters = [""]
        for character in text[open...] {
            if "([<{".contains(character) { depth += 1 }
            if ")]>}".contains(character) { depth -= 1 }
            if depth == 0 { break }
            if character == ",", depth == 1 {
                parameters.append("")
            } else if depth > 0 {
                parameters[parameters.count - 1].append(character)
            }
        }
        let names = parameters.compactMap { $0.firstMatch(of: /^[( ]*(?:\w+ )?(\w+) ?:/).map { String($0.output.1) } }
        return names.allSatisfy(properties.contains)
    }
}
