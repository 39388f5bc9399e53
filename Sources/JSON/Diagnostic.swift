/// A place in a JSON or YAML document: keys and list positions from the root.
public struct JSONPath: Sendable, Hashable, CustomStringConvertible {
    /// A step down from a value.
    public enum Step: Sendable, Hashable {
        /// To a member of an object.
        case key(String)
        /// To an element of a list.
        case index(Int)
    }

    /// From the root; none: the root itself.
    public var steps: [Step]

    /// The path of these steps; of none, the root.
    public init(_ steps: [Step] = []) { self.steps = steps }

    /// The member `key` of what stands here.
    public func appending(_ key: String) -> JSONPath { JSONPath(steps + [.key(key)]) }
    /// The element at `index` of what stands here.
    public func appending(_ index: Int) -> JSONPath { JSONPath(steps + [.index(index)]) }

    /// `program.steps[1].intent`; empty at the root.
    public var description: String {
        steps.reduce(into: "") { text, step in
            switch step {
            case .key(let key): text += text.isEmpty ? key : ".\(key)"
            case .index(let index): text += "[\(index)]"
            }
        }
    }
}

/// Something wrong with a user's input: where it is and what would mend it.
public struct Diagnostic: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where it is.
    public var path: JSONPath
    /// What is wrong, in words for the user.
    public var message: String

    /// What is wrong, and where.
    public init(_ path: JSONPath, _ message: String) {
        self.path = path
        self.message = message
    }

    public var description: String { path.steps.isEmpty ? message : "\(path): \(message)" }
}

/// Several findings at once, so that a user mends a file in one pass.
public struct Diagnostics: Error, Sendable, CustomStringConvertible {
    /// In the order in which they were found.
    public var all: [Diagnostic]

    /// All that was found.
    public init(_ all: [Diagnostic]) { self.all = all }

    public var description: String { all.map(\.description).joined(separator: "\n") }
}

/// The member of `known` nearest to `name` by edit distance, when it is near enough to be a slip of the finger.
public func nearestName(to name: String, in known: some Sequence<String>) -> String? {
    let limit = max(1, name.count / 3)
    // Names of very different lengths are never near, and a name may be as long as a file.
    return known.filter { abs($0.count - name.count) <= limit }.map {
        ($0, editDistance(Array(name.lowercased()), Array($0.lowercased())))
    }
    .filter { $0.1 <= limit && $0.1 < name.count }
    .min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
}

/// Damerau's optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
        var row = [i + 1]
        for j in 0..<b.count {
            var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}
