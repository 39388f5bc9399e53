/// Chooses among the labels of one output field: overlap with the labels' names, similarity to demos, built-in knowledge, noise.
struct LabelChooser: Sendable {
    let index: LabelIndex
    /// Whether any of the built-in knowledge is about this field.
    var usesKnowledge: Bool { knowledge.count > 0 }
    private let demoLabels: [Int?]
    private let knowledge: SimilarityIndex
    private let knowledgeLabels: [Int]
    private let competence: Competence

    init(field: FieldDeclaration, inputs: [String], demos: [Demo], competence: Competence, knowledge: Knowledge) {
        let labels = field.labels
        index = LabelIndex(labels: labels)
        demoLabels = demos.map { demo in demo.outputs[field.name].flatMap { labels.firstIndex(of: $0) } }
        let examples = knowledge.examples(inputs: inputs, output: field.name, labels: labels)
        self.knowledge = SimilarityIndex(examples.map { TextFeatures($0.text) })
        knowledgeLabels = examples.map(\.label)
        self.competence = competence
    }

    private static let nameWeight: Float = 1
    private static let knowledgeWeight: Float = 0.9
    /// The similarity that any two texts of a kind have.
    private static let unrelated: Float = 0.2
    /// The share of the noise's variance that depends on the inputs alone: an input that is hard stays hard.
    private static let persistentShare = 0.5

    /// The position of the chosen label. `hard` is keyed by the inputs, `draw` by the whole request;
    /// `bias` adds to each label's score.
    func choose(_ evidence: Evidence, hard: Digest, draw: Digest, bias: [Float] = []) -> Int {
        var scores = [Float](repeating: 0, count: index.labels.count)
        for field in evidence.fields { index.add(field.concepts, scale: field.weight * Self.nameWeight, to: &scores) }
        addNearest(evidence.demoSimilarities, demoLabels, weight: Float(competence.demoWeight), to: &scores)
        if knowledge.count > 0, let features = evidence.features {
            addNearest(knowledge.similarities(to: features), knowledgeLabels, weight: Self.knowledgeWeight, to: &scores)
        }
        for (label, extra) in bias.enumerated() { scores[label] += extra }
        let noise = competence.noise
        let persistent = noise * Self.persistentShare.squareRoot()
        let fresh = noise * (1 - Self.persistentShare).squareRoot()
        var best = 0
        var bestScore = -Double.infinity
        for label in scores.indices {
            let purpose = UInt64(label)
            let score = Double(scores[label]) + persistent * hard.normal(purpose) + fresh * draw.normal(purpose)
            if score > bestScore { (best, bestScore) = (label, score) }
        }
        return best
    }

    /// Each label gains by its most similar example.
    private func addNearest(_ similarities: [Float], _ labels: [Int?], weight: Float, to scores: inout [Float]) {
        guard !similarities.isEmpty else { return }
        var nearest = [Float](repeating: 0, count: scores.count)
        for (similarity, label) in zip(similarities, labels) {
            if let label { nearest[label] = max(nearest[label], similarity - Self.unrelated) }
        }
        for label in scores.indices { scores[label] += weight * nearest[label] }
    }
}
