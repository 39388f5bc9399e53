/// How much an instruction text helps the simulated LM: 0 (nothing) … 1 (as good as it gets).
///
/// Specific beats vague: naming the fields, the task, the labels, words of the examples, a way of working. Very long or
/// distracting texts lose. A part depends on the very wording, as it does for a real LM, so that proposals of the same make
/// differ and a search can be lucky.
struct InstructionQuality: Sendable {
    var inputNames: [String]
    var outputNames: [String]
    var labelConcepts: Set<UInt64>
    var exampleConcepts: Set<UInt64>

    private static let task = keys(
        "classify label categorize choose select pick assign determine identify answer extract decide name route"
    )
    private static let method = keys("step reason think reasoning explain consider compare before first then")
    private static let care = keys(
        "careful carefully exact exactly specific specifically precise precisely distinguish only similar"
    )
    private static let distraction = keys(
        "creative poem prose story flowing lengthy essay elaborate world universe imagine style"
    )

    private static func keys(_ words: String) -> Set<UInt64> {
        Set(words.split(separator: " ").map { Lexicon.key(String($0)) })
    }

    func score(_ instructions: String) -> Double {
        let words = Tokens.words(of: instructions)
        let keys = words.map { Lexicon.key($0) }
        let concepts = TextFeatures(instructions, withVector: false).concepts
        func hits(_ set: Set<UInt64>) -> Int { Set(keys).intersection(set).count }

        var raw = 0.06
        if hits(Self.task) > 0 { raw += 0.08 }
        if inputNames.contains(where: { mentions($0, words) }) { raw += 0.16 }
        if outputNames.contains(where: { mentions($0, words) }) { raw += 0.16 }
        if instructions.contains("one of") || instructions.contains("allowed") || instructions.contains("listed") { raw += 0.16 }
        raw += 0.09 * Double(min(3, hits(Self.method)))
        raw += 0.09 * Double(min(3, hits(Self.care)))
        raw += 0.035 * Double(min(8, concepts.count { labelConcepts.contains($0) }))
        raw += 0.02 * Double(min(6, concepts.count { exampleConcepts.contains($0) }))
        raw += 0.15 * min(1, Double(words.count) / 40)
        raw -= 0.15 * Double(min(3, hits(Self.distraction)))
        raw -= max(0, Double(words.count) - 140) / 500

        let wording = Digest(seed: 0x51).combining(instructions).uniform(1) - 0.5
        let luck = wording * (0.12 + 0.28 * min(1, Double(words.count) / 30))
        return min(1, max(0, saturated(raw) + luck))
    }

    private func saturated(_ raw: Double) -> Double {
        // 1 - 1/(1 + x + x²): close to x at first, flat beyond 1.5.
        let x = max(0, raw)
        return 1 - 1 / (1 + x + x * x)
    }

    private func mentions(_ name: String, _ words: [String]) -> Bool {
        let parts = Tokens.words(of: name)
        guard let first = parts.first, !parts.isEmpty else { return false }
        return words.indices.contains { start in
            words[start] == first && start + parts.count <= words.count && words[start..<start + parts.count].elementsEqual(parts)
        }
    }
}
