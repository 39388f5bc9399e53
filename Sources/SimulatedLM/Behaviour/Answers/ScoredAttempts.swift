/// Instructions that were tried and what they scored, as COPRO and later rounds of proposals show them: `Instruction #1: …`,
/// `Resulting Score #1: …`.
///
/// Who reads them builds on the best: keeps its sentences but those that go with lower scores, and takes over sentences of
/// others that go with higher ones.
struct ScoredAttempts: Sendable {
    private var attempts: [(sentences: [String], score: Double)] = []

    /// nil where no instruction with a score is found.
    init?(_ text: String) {
        var lines: [Substring] = []
        var isInstruction = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let rest = Self.content(of: line, after: "Instruction #") {
                (lines, isInstruction) = ([rest], true)
            } else if let rest = Self.content(of: line, after: "Score #") {
                let number = rest.filter { "+-.0123456789eE".contains($0) }
                if let score = Double(number), !lines.isEmpty {
                    attempts.append((Self.sentences(of: lines.joined(separator: "\n")), score))
                }
                (lines, isInstruction) = ([], false)
            } else if Self.content(of: line, after: "Prefix #") != nil {
                isInstruction = false
            } else if isInstruction {
                lines.append(line)
            }
        }
        if attempts.isEmpty { return nil }
    }

    /// `[1] «Resulting Score #2: 50»` → ` 50»` for the marker `Score #`.
    private static func content(of line: Substring, after marker: String) -> Substring? {
        guard let start = line.firstRange(of: marker), line[..<start.lowerBound].count < 20 else { return nil }
        let rest = line[start.upperBound...].drop(while: \.isNumber)
        return rest.first == ":" ? rest.dropFirst() : nil
    }

    private static func sentences(of text: String) -> [String] {
        text.split(whereSeparator: { ".\n".contains($0) }).compactMap { part in
            let sentence = trimmed(String(part.filter { !"«»".contains($0) }))
            return sentence.isEmpty ? nil : sentence + "."
        }
    }

    /// How much higher the mean score is with a sentence than without it; 0 where one of the two is unknown.
    private func gain(of sentence: String) -> Double {
        func mean(_ scores: [Double]) -> Double? {
            scores.isEmpty ? nil : scores.reduce(0, +) / Double(scores.count)
        }
        let with = attempts.filter { $0.sentences.contains(sentence) }.map(\.score)
        let without = attempts.filter { !$0.sentences.contains(sentence) }.map(\.score)
        guard let left = mean(with), let right = mean(without) else { return 0 }
        return left - right
    }

    /// What the next attempt begins with.
    func lessons(_ draw: Digest) -> String {
        guard let first = attempts.first else { return "" }
        let best = attempts.reduce(first) { $1.score >= $0.score ? $1 : $0 }
        var kept = best.sentences.filter { gain(of: $0) >= 0 }
        if kept.isEmpty { kept = Array(best.sentences.prefix(1)) }
        let others = attempts.flatMap(\.sentences).reduce(into: [String]()) { known, sentence in
            if !best.sentences.contains(sentence), !known.contains(sentence), gain(of: sentence) > 0 { known.append(sentence) }
        }.sorted { gain(of: $0) > gain(of: $1) }
        for (place, sentence) in others.prefix(2).enumerated() where draw.uniform(UInt64(30 + place)) < 0.5 {
            kept.append(sentence)
        }
        return kept.joined(separator: " ")
    }
}
