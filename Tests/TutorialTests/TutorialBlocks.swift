import Foundation

/// Code by name: what docs/tutorial.md shows, and what this folder compiles and runs.
enum TutorialBlocks {
    /// The Swift blocks of the tutorial: each has `<!-- code: NAME -->` on the line before it.
    static func shown() throws -> [String: String] {
        let lines = try text(of: "docs/tutorial.md").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var blocks: [String: String] = [:]
        for (number, line) in lines.enumerated() where line == "```swift" {
            let mark = number > 0 ? lines[number - 1] : ""
            guard let match = mark.wholeMatch(of: /<!-- code: ([a-z-]+) -->/) else {
                throw Problem("docs/tutorial.md:\(number + 1): a block of Swift has no <!-- code: NAME --> before it")
            }
            try add(String(match.output.1), lines[(number + 1)...].prefix { $0 != "```" }, to: &blocks)
        }
        return blocks
    }

    /// What stands between `// begin NAME` and `// end NAME` in the sources of this folder, without the indent of that line.
    static func compiled() throws -> [String: String] {
        let folder = root.appending(path: "Tests/TutorialTests")
        var blocks: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() where name.hasSuffix(".swift") {
            let lines = try text(of: "Tests/TutorialTests/\(name)").split(separator: "\n", omittingEmptySubsequences: false).map(
                String.init)
            for (number, line) in lines.enumerated() {
                guard let match = line.wholeMatch(of: /( *)\/\/ begin ([a-z-]+)/) else { continue }
                let (indent, block) = (match.output.1.count, String(match.output.2))
                let code = lines[(number + 1)...].prefix { !$0.hasSuffix("// end \(block)") }
                guard number + 1 + code.count < lines.count else { throw Problem("\(name): '\(block)' has no end") }
                try add(block, code.map { String($0.dropFirst(indent)) }[...], to: &blocks)
            }
        }
        return blocks
    }

    private static func add(_ name: String, _ lines: ArraySlice<String>, to blocks: inout [String: String]) throws {
        guard blocks.updateValue(lines.joined(separator: "\n"), forKey: name) == nil else {
            throw Problem("there are two blocks '\(name)'")
        }
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    struct Problem: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
