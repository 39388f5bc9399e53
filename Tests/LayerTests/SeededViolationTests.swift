import Testing

/// Each rule finds what was broken on purpose, in the checkout with one file added or one row changed, and nothing else.
@Suite struct SeededViolationTests {
    struct Seed: CustomTestStringConvertible, Sendable {
        var rule: Rule
        var path: String
        var text: String
        var testDescription: String { "\(rule.rawValue): \(path) \(text)" }

        init(_ rule: Rule, _ path: String, _ text: String) {
            self.rule = rule
            self.path = path
            self.text = text
        }
    }

    static let seeds: [Seed] = [
        Seed(.ownImports, "Sources/Programs/Seed.swift", "internal import Store"),
        Seed(.ownImports, "Sources/Optimizers/Seed.swift", "@testable package import LanguageModels // why not"),
        Seed(.ownImports, "Sources/Studies/Seed.swift", "import struct Randomness.KeyedGenerator"),
        Seed(.ownImports, "Sources/Coordinator/Seed.swift", "internal import HTTP"),
        Seed(.ownImports, "sql/Seed.swift", "import JSON"),
        Seed(.onlyNamedImporters, "Sources/Store/Seed.swift", "internal import CLibpq"),
        Seed(.onlyNamedImporters, "Sources/LanguageModels/Seed.swift", "internal import CLibcurl"),
        Seed(.onlyNamedImporters, "Sources/Nightshift/Seed.swift", "internal import CLibcrypto"),
        Seed(.foreignImports, "Sources/Worker/Seed.swift", "import Hummingbird"),
        Seed(.foreignImports, "Sources/HTTP/Seed.swift", "import NIOHTTP1"),
        Seed(.foreignImports, "Sources/Programs/Seed.swift", "internal import Yams"),
        Seed(.foreignImports, "Sources/Worker/Seed.swift", "internal import ArgumentParser"),
        Seed(.foreignImports, "Sources/Worker/Seed.swift", "internal import Crypto"),
        Seed(.pureTargetsDoNoIO, "Sources/JSON/Seed.swift", "internal import Glibc"),
        Seed(.pureTargetsDoNoIO, "Sources/Optimizers/Seed.swift", "internal import Dispatch"),
        Seed(.pureTargetsDoNoIO, "Sources/Randomness/Seed.swift", "internal import Foundation"),
        Seed(.pureTargetsDoNoIO, "Sources/Programs/Seed.swift", "let text = \"\\(FileManager.default)\""),
        Seed(.pureTargetsDoNoIO, "Sources/Surrogates/ParzenMixture.swift", "struct ParzenMixture {}"),
        Seed(.plansAreDeterministic, "Sources/Optimizers/Seed.swift", "let now = Date()"),
        Seed(.plansAreDeterministic, "Sources/Surrogates/Seed.swift", "let now = ContinuousClock.now"),
        Seed(.plansAreDeterministic, "Sources/Optimizers/Seed.swift", "let work = Task { 1 }"),
        Seed(.plansAreDeterministic, "Sources/Optimizers/Seed.swift", "let coin = Bool.random()"),
        Seed(.plansAreDeterministic, "Sources/Optimizers/Seed.swift", "let order = [1, 2].shuffled()"),
        Seed(.sqlIsInTheStore, "Sources/Coordinator/Seed.swift", "let sql = \"SELECT 1\""),
        Seed(.sqlIsInTheStore, "Sources/Worker/Seed.swift", "let sql = \"\"\"\n    WITH x AS (DELETE FROM unit)\n    \"\"\""),
        Seed(.sqlIsInTheStore, "Sources/Postgres/Seed.swift", "let sql = #\"UPDATE \\#(name)\"#"),
        Seed(.sqlIsInTheStore, "Sources/Nightshift/Seed.swift", "let sql = f(\"INSERT INTO x\")"),
        Seed(.everyTargetIsInTheTable, "Sources/Dashboard/Seed.swift", ""),
    ]

    @Test(arguments: seeds)
    func isFound(_ seed: Seed) throws {
        var tree = try SourceTree.checkout.get()
        tree.add(seed.path, seed.text)
        let findings = seed.rule.findings(in: tree)
        #expect(findings.count == 1 && !findings.joined().isEmpty, "\(findings)")
    }

    /// Words in comments, prose and the names of other things are no violations.
    @Test(arguments: [
        "// import Store", "/* let now = Date() /* Task */ */", "let text = \"import Store\"",
        "let text = \"please SELECTED it\"",
        "let update = \"select a trial\"", "enum Search { case random }", "let text = \"a Task\"",
    ])
    func isHarmless(_ text: String) throws {
        var tree = try SourceTree.checkout.get()
        tree.add("Sources/Optimizers/Seed.swift", text)
        #expect(Rule.allCases.flatMap { $0.findings(in: tree) }.isEmpty)
    }

    @Test(arguments: [
        ".target(name: \"Dashboard\", dependencies: [\"Store\"]),", "library(\"Dashboard\"),",
        ".executableTarget(\n    name: \"Dashboard\"),", ".systemLibrary(name: \"Dashboard\"),",
    ])
    func aTargetWithoutARowIsFound(_ declaration: String) throws {
        var tree = try SourceTree.checkout.get()
        let known = tree.manifest.targets
        tree.manifest = Manifest("    targets: [\n        " + declaration + "\n    ]")
        #expect(tree.manifest.targets.map(\.name) == ["Dashboard"])
        tree.manifest = Manifest.joining(known, tree.manifest.targets)
        #expect(Rule.everyTargetIsInTheTable.findings(in: tree).count == 1)
    }

    @Test func anUpwardArrowIsFound() throws {
        var tree = try SourceTree.checkout.get()
        var table = layers
        let place = try #require(table.firstIndex { $0.target == "Programs" })
        table[place].mayImport.insert("Store")
        #expect(Rule.arrowsRunDown.findings(in: tree, layers: table) == ["table: the arrow Programs → Store runs upwards"])

        // A cycle has an arrow upwards wherever it begins.
        table = layers.map { $0.target == "JSON" ? Row("JSON", ["Programs"]) : $0 }
        #expect(Rule.arrowsRunDown.findings(in: tree, layers: table) == ["table: the arrow JSON → Programs runs upwards"])

        tree.manifest = Manifest("library(\"x\") \n library(\"Store\", [\"Postgres\", \"Worker\"]),")
        #expect(Rule.arrowsRunDown.findings(in: tree).contains("Package.swift: the arrow Store → Worker runs upwards"))
    }

    @Test func aTableThatOpensALibraryToOthersIsFound() throws {
        let table = layers.map { $0.target == "Store" ? Row("Store", $0.mayImport.union(["CLibpq"])) : $0 }
        let findings = Rule.onlyNamedImporters.findings(in: try SourceTree.checkout.get(), layers: table)
        #expect(findings == ["the table lets Store import CLibpq"])
    }
}

extension Manifest {
    fileprivate static func joining(_ first: [Target], _ second: [Target]) -> Manifest {
        var manifest = Manifest("")
        manifest.targets = first + second
        return manifest
    }
}
