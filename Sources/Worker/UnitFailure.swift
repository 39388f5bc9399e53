/// Why a unit could not be run, for reasons outside the program.
struct UnitFailure: Hashable, Sendable {
    var message: String
    /// Whether the study's budget had no room for a call: another worker would fare no better.
    var isByBudget: Bool

    init(_ message: String, isByBudget: Bool = false) {
        self.message = message
        self.isByBudget = isByBudget
    }
}
