internal import Programs
internal import Surrogates

extension MIPROSettings {
    /// The search over a space, as the settings choose it.
    /// - Parameter first: what it begins with; `search: dspy` begins as MIPROv2 does.
    func makeSearch(_ space: MIPROSpace, rows: [Int], facts: StudyFacts, first: [Suggestion] = []) -> any SpaceSearch {
        let (predictors, parameters) = (facts.initial.paths.count, facts.parameters.count)
        let schedule = MIPROSchedule(
            settings: self, rows: rows.count, predictors: predictors, parameters: parameters, width: facts.settings.width)
        let racing = RacingSchedule(
            rows: rows.count, budget: searchedExamples(rows: rows.count, predictors: predictors, parameters: parameters),
            width: facts.settings.width)
        func byExample(_ makeSampler: @escaping @Sendable (SearchSpace) -> any Sampler) -> any SpaceSearch {
            RacingSearch(
                space: space, rows: rows, schedule: racing, facts: facts, first: first, settling: settling,
                makeSampler: makeSampler)
        }
        let (seed, origin) = (facts.seed, space.origin)
        switch search {
        case .racing: return byExample { Racing(space: $0, seed: seed, designSize: racing.design, known: [origin]) }
        case .gp:
            return byExample {
                GPLogEI(space: $0, seed: seed, designSize: racing.design, known: [origin], block: racing.block)
            }
        case .tpe, .random:
            return MIPROSearch(
                space: space, rows: rows, schedule: schedule, sampler: search, facts: facts, first: first)
        case .dspy: return DSPySearch(space: space, rows: rows, schedule: schedule, facts: facts)
        }
    }
}
