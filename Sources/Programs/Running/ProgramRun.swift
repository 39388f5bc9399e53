internal import JSON

/// Runs a module as a program: again from the start while failed assertions ask for it.
struct ProgramRun: Sendable {
    let module: any Module
    let paths: [ObjectIdentifier: String]
    let maxBacktracks: Int

    /// With the context's state as it is: one state, its own demos.
    func runPlain(_ inputs: JSONObject, in context: RunContext) async -> RunResult {
        var backtracking = Backtracking(limit: maxBacktracks, predictors: paths.count)
        let log = ReplayLog()
        var usage = UsageByRole.zero
        while true {
            let scope = RunScope(context: context, paths: paths, backtracking: backtracking, log: log)
            let outcome: Result<Prediction, any Error>
            do { outcome = .success(try await scope.run { try await module.forward(inputs) }) } catch {
                outcome = .failure(error)
            }
            usage += scope.recorder.usage
            let missingData = scope.recorder.missingData
            if missingData == nil, let backtrack = scope.recorder.backtrack {
                backtracking.revise(backtrack)
                continue
            }
            var assertions = scope.recorder.assertions
            assertions.backtracks = backtracking.count
            let failure = missingData ?? scope.recorder.failedAssert
            return RunResult(
                outcome: failure.map { .failure($0) } ?? outcome.mapError(RunFailure.init), trace: scope.recorder.trace,
                usage: usage, assertions: assertions)
        }
    }
}
