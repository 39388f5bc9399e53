public import JSON

/// Calls modules side by side.
///
///     let answers = try await Parallel(maxConcurrency: 4).run(questions.map { (answer, ["question": .string($0)]) })
public struct Parallel: Sendable {
    /// How many calls run at a time.
    public let maxConcurrency: Int

    /// - Parameter maxConcurrency: nil: 8.
    public init(maxConcurrency: Int? = nil) { self.maxConcurrency = max(1, maxConcurrency ?? 8) }

    /// What came of each call, in the order of `calls`; that is also their order in the run's trace.
    /// - Throws: what ends the run as a whole: a failed assertion, or a ``RunFailure`` that is not the program's fault.
    public func run(_ calls: [(any Module, JSONObject)]) async throws -> [Result<Prediction, RunFailure>] {
        let outer = RunScope.current
        let ended = await withTaskGroup(of: EndedCall.self) { group in
            var ended = [EndedCall?](repeating: nil, count: calls.count)
            var started = 0
            func startNext() {
                guard started < calls.count else { return }
                let (index, (module, inputs)) = (started, calls[started])
                group.addTask { await EndedCall(module, inputs, index: index, in: outer?.part()) }
                started += 1
            }
            for _ in 0..<min(maxConcurrency, calls.count) { startNext() }
            while let call = await group.next() {
                ended[call.index] = call
                // After a failed assertion the others go on: what they are told, and what it costs, depends on no clock, and a
                // run that starts again has their answers.
                if call.lacksData { group.cancelAll() }
                startNext()
            }
            return ended.compactMap(\.self)
        }
        for case let part? in ended.map(\.scope) { outer?.adopt(part, isKept: true) }
        let decisive = ended.compactMap { $0.endsTheRun ? $0.error : nil }
        if let error = decisive.first(where: { !RunFailure($0).isCancellation }) ?? decisive.first { throw error }
        return ended.map { $0.result.mapError { RunFailure($0) } }
    }
}

/// A call that has come to its end.
private struct EndedCall: Sendable {
    let index: Int
    /// Where it ran, if in a program.
    let scope: RunScope?
    let result: Result<Prediction, any Error>

    init(_ module: any Module, _ inputs: JSONObject, index: Int, in scope: RunScope?) async {
        self.index = index
        self.scope = scope
        do {
            try Task.checkCancellation()
            if let scope {
                result = .success(try await scope.run { try await module.forward(inputs) })
            } else {
                result = .success(try await module.called(inputs))
            }
        } catch {
            result = .failure(error)
        }
    }

    var error: (any Error)? { if case .failure(let error) = result { error } else { nil } }

    var lacksData: Bool { error.map { RunFailure($0).fault != .program } ?? false }

    var endsTheRun: Bool {
        guard let error else { return false }
        return error is Backtrack || lacksData || scope != nil && RunFailure(error).isFailedAssertion
    }
}
