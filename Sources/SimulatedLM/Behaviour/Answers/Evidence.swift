/// What the final inputs of a request say, computed once per request.
struct Evidence: Sendable {
    /// Concepts of one input field; side fields weigh less than the main one, which is the longest.
    struct Field: Sendable {
        var concepts: [UInt64]
        var weight: Float
    }

    private(set) var fields: [Field] = []
    /// Of all inputs together; nil where nothing is compared to it.
    private(set) var features: TextFeatures?
    private(set) var demoSimilarities: [Float] = []

    private static let sideWeight: Float = 0.55

    init(_ turn: FinalTurn, demos: SimilarityIndex, needsFeatures: Bool) {
        let main = turn.inputs.bodies.indices.max { turn.inputs.bodies[$0].utf8.count < turn.inputs.bodies[$1].utf8.count }
        for (position, body) in turn.inputs.bodies.enumerated() {
            let concepts = TextFeatures(body, withVector: false).concepts
            fields.append(Field(concepts: concepts, weight: position == main ? 1 : Self.sideWeight))
        }
        guard needsFeatures || demos.count > 0 else { return }
        let features = TextFeatures(turn.text)
        demoSimilarities = demos.similarities(to: features)
        self.features = features
    }

    /// The demo most similar to the inputs.
    var nearestDemo: Int? { demoSimilarities.indices.max { demoSimilarities[$0] < demoSimilarities[$1] } }
}
