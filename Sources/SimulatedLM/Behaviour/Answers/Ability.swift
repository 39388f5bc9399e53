/// Whether the simulated LM gets one thing right: what it is capable of in this prompt, against how hard the thing is.
///
/// Difficulty belongs to the thing and stays, so a better instruction turns the cases of middling difficulty right.
struct Ability: Sendable {
    /// 0…1.
    let level: Double

    init(_ competence: Competence, reasons: Bool, isRevision: Bool) {
        level = 0.24 + 0.95 * competence.total + (reasons ? 0.08 : 0) + (isRevision ? 0.25 : 0)
    }

    /// Standard deviation of the day's form, which another draw changes.
    private static let form = 0.1

    /// `difficulty` is 0 (anybody can) … 1 (hardly anybody can).
    func masters(_ difficulty: Double, _ draw: Digest, _ purpose: UInt64) -> Bool {
        level + Self.form * draw.normal(purpose) > difficulty
    }
}
