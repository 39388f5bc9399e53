import Foundation

/// The package's manifest and sources, by path from its root.
struct SourceTree {
    struct File {
        var target: String
        var text: SwiftText
    }

    var manifest: Manifest
    var files: [String: File] = [:]

    /// The checkout that this file is part of.
    static let checkout = Result {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return try SourceTree(root: root)
    }

    private init(root: URL) throws {
        manifest = Manifest(try String(contentsOf: root.appendingPathComponent("Package.swift"), encoding: .utf8))
        for folder in ["Sources", "sql", "Tests/TestSupport"] {
            let base = root.appendingPathComponent(folder)
            guard let names = FileManager.default.enumerator(atPath: base.path) else { continue }
            for case let name as String in names where name.hasSuffix(".swift") {
                let text = try String(contentsOf: base.appendingPathComponent(name), encoding: .utf8)
                add("\(folder)/\(name)", text)
            }
        }
    }

    /// Adds a file, or puts another in its place.
    mutating func add(_ path: String, _ text: String) {
        let steps = path.split(separator: "/").map(String.init)
        let target = steps[0] == "sql" ? "Migrations" : steps[1]
        files[path] = File(target: target, text: SwiftText(text))
    }

    var sorted: [(path: String, file: File)] { files.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
}
