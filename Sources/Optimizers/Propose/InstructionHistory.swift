internal import JSON

/// Instructions that were tried and what they scored, as a model is shown them: the best ones, the best of them last.
struct InstructionHistory: Sendable {
    struct Entry: Sendable, Hashable {
        var text: String
        /// The mean, on the metric's scale.
        var score: Double
    }

    /// Ascending by score.
    let entries: [Entry]

    /// - Parameters:
    ///   - tried: in the order in which they were written: of equal scores the earlier counts as the better.
    ///   - limit: how many of the best are shown.
    init(_ tried: [Entry], limit: Int) {
        let ranked = tried.enumerated().sorted { left, right in
            left.element.score == right.element.score
                ? left.offset < right.offset : left.element.score > right.element.score
        }
        entries = ranked.prefix(limit).reversed().map(\.element)
    }

    var isEmpty: Bool { entries.isEmpty }

    /// `Instruction #1: …`, `Resulting Score #1: 0.52`, and so on, a blank line between two.
    var text: String {
        entries.enumerated().map { index, entry in
            "Instruction #\(index + 1): \(entry.text)\nResulting Score #\(index + 1): \(Self.rounded(entry.score))"
        }.joined(separator: "\n\n")
    }

    /// Three decimals: more would be noise.
    private static func rounded(_ score: Double) -> String {
        let thousandths = (score * 1000).rounded()
        return abs(thousandths) < 1e15 ? JSON.double(thousandths / 1000).serialized() : JSON.double(score).serialized()
    }
}
