/// What a process wants of one model.
package struct CallDemand: Sendable, Hashable {
    package var endpoint: String
    package var model: String
    /// Calls that came since the last draw, and those that wait.
    package var calls: Double
    /// Seconds that the provider asked this process to wait, from now.
    package var pause: Double?

    package init(endpoint: String, model: String, calls: Double, pause: Double? = nil) {
        self.endpoint = endpoint
        self.model = model
        self.calls = calls
        self.pause = pause
    }
}

/// What a process may have of one model.
package struct CallShare: Sendable, Hashable {
    package var endpoint: String
    package var model: String
    /// Of the team's limits, 0…1.
    package var share: Double
    /// Seconds that all are to wait, from now.
    package var pause: Double
}
