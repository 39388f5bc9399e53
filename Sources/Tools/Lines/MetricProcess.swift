package import JSON

/// A program of the user's that scores predictions.
package protocol MetricProcess: Sendable {
    /// The reply to `{"example": {…}, "prediction": {…}, "trace": […]?}`: `{"score": 0.7, "feedback": "…"?}`.
    /// - Throws: ``ServiceError``: `.program` for an error that the program reports, `.infrastructure` where it ended or took too
    ///   long, `.refused` where it can't be started or never replies.
    func score(_ request: JSON) async throws -> JSON
}
