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

                public init(name: String) {}
                /// Yes.
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
            extension A {
                /// Documented.
                public enum Kind {
                    case plain
                    /// Yes.
                    case other(String)
                }
                enum Own {
                    case hidden
                }
            }
            public extension A {}
            public import JSON
            """)
        #expect(source.undocumented.map(\.line) == [4, 8, 13, 19, 21, 25])
    }

    private func checkout() throws -> URL {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root
    }
}

/// The public declarations of a source, and which of them stand without `///` above them.
///
/// What the standard library's protocols demand is documented by them.
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
        var isInProtocol = false
        // How far the cases of the public enumeration around are indented.
        var caseIndent: Int?
        for (number, line) in lines.enumerated() {
            let indent = line.count - words[number].count
            guard let declaration = Self.declaration(in: line, isInProtocol: isInProtocol, isCase: indent == caseIndent) else {
                if line.hasPrefix("}") { isInProtocol = false }
                if let inside = caseIndent, indent < inside, !words[number].isEmpty { caseIndent = nil }
                continue
            }
            if declaration.hasPrefix("protocol ") { isInProtocol = !line.hasSuffix("}") }
            if declaration.contains(#/^(?:indirect\ )?enum\ /#) { caseIndent = indent + 4 }
            count += 1
            let above = words[..<number].last { !$0.hasPrefix("@") } ?? ""
            if above.hasPrefix("///") || Self.demanded.contains(where: declaration.contains) { continue }
            undocumented.append((number + 1, String(words[number])))
        }
    }

    /// What follows `public`, or what a public protocol demands, or a case of a public enumeration.
    private static func declaration(in line: Substring, isInProtocol: Bool, isCase: Bool) -> Substring? {
        if isCase, let match = line.firstMatch(of: #/^\ *((?:indirect\ )?case\ .*)/#) { return match.output.1 }
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
}
