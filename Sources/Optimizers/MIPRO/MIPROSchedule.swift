internal import Foundation
internal import Randomness

/// DSPy's rules for how much MIPRO searches.
extension MIPROSettings {
    /// How many validation rows the search compares candidates on.
    func searchedRows(of valCount: Int) -> Int { auto.map { min($0.rowLimit, valCount) } ?? valCount }

    /// Whether trials begin with a part of the rows. `auto` decides by itself: from 51 rows on.
    func isMinibatched(rows: Int) -> Bool { auto == nil ? minibatch : rows > 50 }

    /// int(max(2·V·log2(n), 1.5·n)) for n candidates and V searched variables.
    func trialCount(predictors: Int, parameters: Int) -> Int {
        guard let auto else { return numTrials ?? 1 }
        let variables = Double(predictors * (isZeroShot ? 1 : 2) + parameters)
        let candidates = Double(auto.candidates)
        return Int(max(2 * variables * log2(candidates), 1.5 * candidates))
    }

    /// Whether the search weighs single examples: it has no full evaluations.
    package var isByExample: Bool { search == .racing || search == .gp }

    /// How many examples the search asks for.
    func searchedExamples(rows: Int, predictors: Int, parameters: Int) -> Int {
        let schedule = MIPROSchedule(settings: self, rows: rows, predictors: predictors, parameters: parameters, width: nil)
        return isByExample ? searchBudget ?? schedule.window.planned / 2 : schedule.window.planned
    }

    /// `auto` draws a random sample of the validation rows, in random order.
    func rows(valCount: Int, seed: UInt64) -> [Int] {
        guard auto != nil else { return Array(0..<valCount) }
        var generator = KeyedGenerator(seed: seed, purpose: "search/rows")
        return generator.sample(searchedRows(of: valCount), of: Array(0..<valCount))
    }
}

/// How the trials of one search grow.
struct MIPROSchedule: Sendable {
    /// How many proposals are evaluated.
    let trials: Int
    /// So many examples asked for end the proposals, the baseline's aside; nil: their number alone does.
    let budget: Int?
    /// What a full evaluation runs at most.
    private let rest: Int
    /// Examples per proposal.
    let block: Int
    /// A full evaluation follows so many proposals; nil: every proposal is evaluated in full.
    let fullEvaluationSteps: Int?
    /// Examples per part of a full evaluation: it passes the window part by part, so that it is no barrier.
    let part: Int
    let window: SearchWindow

    init(settings: MIPROSettings, rows: Int, predictors: Int, parameters: Int = 0, width: Int?) {
        trials = settings.trialCount(predictors: predictors, parameters: parameters)
        let isMinibatched = settings.isMinibatched(rows: rows) && settings.minibatchSize < rows
        block = isMinibatched ? settings.minibatchSize : rows
        let steps = settings.minibatchFullEvalSteps
        fullEvaluationSteps = isMinibatched ? steps : nil
        let fullEvaluations = isMinibatched ? (trials + steps - 1) / steps : 0
        budget = settings.searchBudget
        rest = rows - block
        let planned = trials * block + fullEvaluations * rest
        window = SearchWindow(width: width, block: block, planned: min(planned, budget ?? planned))
        part = max(block, window.width / 4)
    }

    /// Whether nothing more may be proposed: the next proposal, and the full evaluations that are due with it, must have room. The
    /// first one is made in any case.
    func isOver(proposed: Int, spent: Int, fullEvaluations: Int) -> Bool {
        guard proposed < trials, proposed > 0, let budget else { return proposed >= trials }
        let due = fullEvaluationSteps.map { (proposed + $0) / $0 - fullEvaluations } ?? 0
        return spent + block + max(0, due) * rest > budget
    }
}
