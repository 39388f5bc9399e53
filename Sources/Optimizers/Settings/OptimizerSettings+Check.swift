package import JSON

extension OptimizerSettings {
    /// What does not fit the data; empty when all is well.
    /// - Parameters:
    ///   - valCount: rows of the validation split.
    ///   - trainCount: rows of the training split; nil leaves it unchecked.
    package func check(
        valCount: Int, trainCount: Int? = nil, path: JSONPath = JSONPath([.key("optimizer")])
    ) -> [Diagnostic] {
        var found: [Diagnostic] = []
        if valCount == 0 {
            found.append(Diagnostic(JSONPath([.key("data"), .key("val")]), "has no rows; candidates are compared on them"))
        }
        let demos: DemoSettings
        switch kind {
        case .randomSearch(let settings): demos = settings.demos
        case .mipro(let settings):
            demos = settings.demos
            if valCount > 0, let diagnostic = settings.checkMinibatch(valCount: valCount, path: path) { found.append(diagnostic) }
        }
        if trainCount == 0, demos.maxBootstrappedDemos + demos.maxLabeledDemos > 0 {
            found.append(Diagnostic(JSONPath([.key("data"), .key("train")]), "has no rows; demos are made of them"))
        }
        return found
    }
}

extension MIPROSettings {
    fileprivate func checkMinibatch(valCount: Int, path: JSONPath) -> Diagnostic? {
        let rows = searchedRows(of: valCount)
        guard isMinibatched(rows: rows), minibatchSize > rows else { return nil }
        return Diagnostic(
            path.appending("minibatch_size"),
            "\(minibatchSize) is more than the \(rows) validation rows of the search; give at most \(rows), or `minibatch: false`"
        )
    }
}
