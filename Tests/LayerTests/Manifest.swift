/// What Package.swift says of our targets: name, path and dependencies that are targets of ours.
struct Manifest {
    struct Target {
        var name: String
        var dependencies: [String]
        var isTest: Bool
    }

    var targets: [Target] = []

    init(_ text: String) {
        let kinds = [".target(", ".executableTarget(", ".systemLibrary(", ".testTarget(", "library(", "tests("]
        let text = text.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
        for place in text.indices {
            guard let kind = kinds.first(where: { text[place...].hasPrefix($0) }) else { continue }
            // `.library(` is a product, `func library(` the definition of a helper.
            let before = text[..<place].last
            if !kind.hasPrefix("."), before != " " { continue }
            let arguments = Self.arguments(text[place...].dropFirst(kind.count))
            guard let name = Self.name(arguments) else { continue }
            let isTest = kind == "tests(" || kind == ".testTarget("
            targets.append(Target(name: name, dependencies: Self.dependencies(arguments), isTest: isTest))
        }
    }

    /// All up to the parenthesis that closes the call.
    private static func arguments(_ text: Substring) -> Substring {
        var depth = 0
        for place in text.indices {
            if text[place] == "(" { depth += 1 }
            if text[place] == ")" {
                if depth == 0 { return text[..<place] }
                depth -= 1
            }
        }
        return text
    }

    /// The first argument where it is a literal.
    private static func name(_ arguments: Substring) -> String? {
        var rest = arguments.drop(while: \.isWhitespace)
        if rest.hasPrefix("name:") { rest = rest.dropFirst(5).drop(while: \.isWhitespace) }
        guard rest.first == "\"" else { return nil }
        return String(rest.dropFirst().prefix { $0 != "\"" })
    }

    /// The literals of the list that is `dependencies:` or the second argument of our helpers, products of packages aside.
    private static func dependencies(_ arguments: Substring) -> [String] {
        let label = arguments.ranges(of: "dependencies:").first?.upperBound
        guard let comma = arguments.firstIndex(of: ",") else { return [] }
        let list = arguments[(label ?? arguments.index(after: comma))...].drop(while: \.isWhitespace)
        guard list.first == "[" else { return [] }
        return list.dropFirst().prefix { $0 != "]" }.split { $0 == "," || $0 == "\n" }.compactMap { item in
            let item = item.drop(while: \.isWhitespace)
            guard item.first == "\"" else { return nil }
            return String(item.dropFirst().prefix { $0 != "\"" })
        }
    }
}
