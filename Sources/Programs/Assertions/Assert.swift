/// Demands that `condition` holds of what the program has so far.
///
/// If it does not, the run starts again, and the predictor to blame is asked anew with its past answer and `message`; all
/// other questions keep their answers. After the program's `maxBacktracks` the run fails, and the row scores the study's
/// failure score.
///
///     let query = try await generateQuery(question: question)
///     try assert(that: query.searchQuery.count <= 100, "The query must be at most 100 characters long.", retry: generateQuery)
///
/// - Parameter retry: the module to blame; nil: the predictor that was asked last.
/// - Throws: an error that the run catches; let it pass.
public func assert(that condition: Bool, _ message: String, retry: (any Module)? = nil) throws {
    try check(condition, message, retry: retry, isHard: true)
}

/// Wishes that `condition` holds; like ``assert(that:_:retry:)``, but if it never does, the run goes on and the failure is
/// only counted.
public func suggest(that condition: Bool, _ message: String, retry: (any Module)? = nil) throws {
    try check(condition, message, retry: retry, isHard: false)
}

private func check(_ condition: Bool, _ message: String, retry: (any Module)?, isHard: Bool) throws {
    guard !condition else { return }
    guard let scope = RunScope.current else {
        if isHard { throw RunFailure.failedAssertion(message) }
        return
    }
    let paths = retry.map { module in
        PredictorTree(of: module).nodes.compactMap { scope.paths[ObjectIdentifier($0.predict.identity)] }
    }
    try scope.violate(message, isHard: isHard, blaming: paths.map(Set.init))
}

extension RunScope {
    /// An assertion failed: starts the run again where a predictor may mend it, else counts the failure.
    /// - Parameter paths: the predictors to blame; nil: whichever was asked last.
    func violate(_ message: String, isHard: Bool, blaming paths: Set<String>?) throws {
        if mayBacktrack, let blamed = recorder.lastStep(at: paths), backtracking.mayRetry(blamed) {
            let backtrack = Backtrack(blamed: blamed, message: message)
            recorder.note(backtrack)
            throw backtrack
        }
        recorder.noteViolation(message, isHard: isHard)
        if isHard { throw RunFailure.failedAssertion(message) }
    }
}
