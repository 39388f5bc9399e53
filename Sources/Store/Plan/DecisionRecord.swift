package import JSON

/// A decision as it is recorded: made once, replayed ever after.
package struct DecisionRecord: Sendable, Hashable {
    package var number: Int
    package var key: String
    package var stage: String
    package var body: JSON

    package init(number: Int, key: String, stage: String, body: JSON) {
        self.number = number
        self.key = key
        self.stage = stage
        self.body = body
    }
}

/// One result as a coordinator reads it.
package struct ResultRecord: Sendable, Hashable {
    package var example: Int
    package var outcome: String
    package var score: Double?
    /// Prediction, error, feedback, trace; only where it was asked for.
    package var detail: JSON?
}
