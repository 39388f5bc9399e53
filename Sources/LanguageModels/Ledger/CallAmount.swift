/// What calls take of a budget: requests, and tokens in each direction.
package struct CallAmount: Sendable, Hashable {
    package var calls: Int
    package var promptTokens: Int
    package var completionTokens: Int

    package init(calls: Int = 0, promptTokens: Int = 0, completionTokens: Int = 0) {
        self.calls = calls
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
    }

    package static let zero = CallAmount()

    /// Whether all parts of it are there in `other`.
    func fits(in other: CallAmount) -> Bool {
        calls <= other.calls && promptTokens <= other.promptTokens && completionTokens <= other.completionTokens
    }

    private func combined(_ other: CallAmount, _ combine: (Int, Int) -> Int) -> CallAmount {
        CallAmount(
            calls: combine(calls, other.calls), promptTokens: combine(promptTokens, other.promptTokens),
            completionTokens: combine(completionTokens, other.completionTokens))
    }

    static func + (left: CallAmount, right: CallAmount) -> CallAmount { left.combined(right, +) }
    static func - (left: CallAmount, right: CallAmount) -> CallAmount { left.combined(right, -) }
    static func += (left: inout CallAmount, right: CallAmount) { left = left + right }
    static func -= (left: inout CallAmount, right: CallAmount) { left = left - right }

    /// Part by part.
    func most(_ other: CallAmount) -> CallAmount { combined(other, max) }
    func least(_ other: CallAmount) -> CallAmount { combined(other, min) }

    func scaled(_ factor: Double) -> CallAmount {
        CallAmount(
            calls: Int((Double(calls) * factor).rounded(.up)), promptTokens: Int((Double(promptTokens) * factor).rounded(.up)),
            completionTokens: Int((Double(completionTokens) * factor).rounded(.up)))
    }
}
