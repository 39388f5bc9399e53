/// How sure the simulated LM is of itself for one prompt: a function of its instruction, its demos and its training.
///
/// The first two add up and reinforce each other: demos say more under a good instruction.
struct Competence: Sendable {
    /// Quality of the instruction, 0…1.
    var instruction: Double
    /// Quality of the demos as a set, 0…1.
    var demos: Double
    /// How used the model is to such prompts, 0…1.
    var training = 0.0

    /// 0…1, all parts and the interaction.
    var total: Double { min(1, 0.42 * instruction + 0.34 * demos + 0.24 * instruction * demos + 0.45 * training) }

    /// Standard deviation of the noise on a label's score.
    var noise: Double { Self.noiseAtZero + (Self.noiseAtOne - Self.noiseAtZero) * total }

    /// Weight of the similarity to demos.
    var demoWeight: Double { 0.7 + 0.8 * instruction }

    static let noiseAtZero = 0.46
    static let noiseAtOne = 0.12

    /// Many, diverse and complete demos help; the rest is the luck of the set.
    static func demoQuality(_ demos: [Demo], output: String?) -> Double {
        guard !demos.isEmpty else { return 0 }
        var weight = 0.0
        var labels: Set<String> = []
        var digest = Digest(seed: 0xDE)
        for demo in demos {
            weight += demo.outputs.count > 1 ? 1 : 0.75
            if let output, let label = demo.outputs[output] { labels.insert(label) }
            digest.combine(demo.inputText)
            for name in demo.outputs.keys.sorted() { digest.combine(demo.outputs[name] ?? "") }
        }
        // Saturates: about 0.5 at 2, 0.67 at 4, 0.89 at 16.
        let amount = weight / (weight + 2)
        let diversity = output == nil ? 1 : Double(labels.count) / Double(demos.count)
        let luck = (digest.uniform(2) - 0.5) * 0.5
        return min(1, max(0, amount * (0.7 + 0.3 * diversity) + luck * amount))
    }
}
