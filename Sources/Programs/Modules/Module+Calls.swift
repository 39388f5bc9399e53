public import JSON

extension Module {
    /// `try await classify(message: "My card is gone", language: "English")`.
    /// - Throws: a ``RunFailure``; one of kind `input` for a value that has no form in JSON.
    public func dynamicallyCall(withKeywordArguments inputs: KeyValuePairs<String, any Sendable>) async throws -> Prediction {
        try await called(JSONObject(naming: inputs))
    }

    /// `try await classify(inputs)`, with one object.
    public func dynamicallyCall(withArguments arguments: [JSONObject]) async throws -> Prediction {
        guard arguments.count == 1 else {
            throw RunFailure(fault: .program, kind: "input", message: "a module is called with named inputs or with one object")
        }
        return try await called(arguments[0])
    }

    /// A program that is called on its own runs as in a study, where failed assertions make it start again; a part of a
    /// running program just answers.
    func called(_ inputs: JSONObject) async throws -> Prediction {
        guard RunScope.current == nil, let program = self as? any Program else { return try await forward(inputs) }
        let limit = type(of: program).maxBacktracks
        let run = ProgramRun(module: program, paths: PredictorTree(of: program).paths, maxBacktracks: limit)
        return try await run(inputs, in: Surroundings.current.context).outcome.get()
    }
}

extension JSONObject {
    init(naming values: KeyValuePairs<String, any Sendable>) throws {
        self.init()
        for (name, value) in values {
            guard let value = value as? any Encodable else {
                throw RunFailure(
                    fault: .program, kind: "input",
                    message: "input '\(name)': a \(type(of: value)) has no form in JSON; make it Encodable")
            }
            self[name] = try JSON(encoding: value)
        }
    }
}
