internal import Randomness

/// What a proposal is asked to try, so that several proposals for one step differ.
enum InstructionTip: String, Sendable, CaseIterable {
    case none = ""
    case creative = "Take an unusual angle on the task; surprise the reader where it serves the answer."
    case simple = "Keep it short and plain: the fewest words that leave no doubt."
    case descriptive = "Be thorough: spell out the criteria, the edge cases and the form of the answer."
    case highStakes = "Describe a situation in which a wrong answer would be costly, so that care is taken."
    case persona = "Open by giving the model the role of an expert whose daily work this is."

    static func draw(seed: UInt64, path: String, proposal: Int) -> InstructionTip {
        var generator = KeyedGenerator(seed: seed, purpose: "propose/tip/\(path)", index: proposal)
        return allCases[generator.below(allCases.count)]
    }
}
