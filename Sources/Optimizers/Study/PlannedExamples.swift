extension OptimizerSettings {
    /// How many runs of the program on an example a study is expected to need, bootstrapping aside: for an estimate of
    /// the time that is left.
    package func plannedExamples(valCount: Int, testCount: Int, predictors: Int, parameters: Int = 0) -> Int {
        let confirmed = 2
        switch kind {
        case .randomSearch(let settings):
            return (settings.numCandidatePrograms + 4) * valCount + 2 * testCount
        case .mipro(let settings):
            let rows = settings.searchedRows(of: valCount)
            let schedule = MIPROSchedule(
                settings: settings, rows: rows, predictors: predictors, parameters: parameters, width: width)
            return valCount + schedule.window.planned + confirmed * (valCount - rows) + 2 * testCount
        }
    }
}
