public import JSON

/// A search: takes `query`, gives `passages`, a list of texts.
///
///     let search = Retrieve(k: 5)                     // by the retriever "default" of the run
///     let search = Retrieve(from: BM25Index(texts))   // by its own
public struct Retrieve: ParameterizedModule {
    private enum Source: Sendable {
        case named(String)
        case own(any Retriever)
    }

    /// How many passages, unless an optimiser chose another number.
    public let k: Int
    private let source: Source
    private let kChoices: [Int]
    let identity = ModuleIdentity()

    /// - Parameters:
    ///   - choices: numbers of passages that an optimiser may choose from; empty: it leaves ``k`` alone.
    ///   - name: of a retriever among the services of the run.
    public init(k: Int = 3, choices: [Int] = [], from name: String = "default") {
        self.init(k, choices, .named(name))
    }

    /// A search by a retriever of its own, whatever services the run has.
    public init(k: Int = 3, choices: [Int] = [], from retriever: any Retriever) {
        self.init(k, choices, .own(retriever))
    }

    private init(_ k: Int, _ choices: [Int], _ source: Source) {
        self.k = k
        self.source = source
        kChoices = choices.isEmpty || choices.contains(k) ? choices : [k] + choices
    }

    var choices: [(name: String, values: [JSON], initial: JSON)] {
        kChoices.isEmpty ? [] : [("k", kChoices.map { .int($0) }, .int(k))]
    }

    /// - Throws: a ``RunFailure``.
    public func forward(_ inputs: JSONObject) async throws -> Prediction {
        let scope = RunScope.active
        guard let query = inputs["query"], !query.isNull else {
            throw RunFailure(
                fault: .program, kind: "missing_input",
                message: "a search needs 'query'; it got \(inputs.isEmpty ? "nothing" : inputs.keys.joined(separator: ", "))")
        }
        let passages = try await passages(for: pythonText(of: query), k: chosenK(in: scope), in: scope)
        return Prediction(fields: ["passages": .array(passages.map { .string($0.text) })])
    }

    private func chosenK(in scope: RunScope) -> Int {
        guard let path = scope.paths[ObjectIdentifier(identity)] else { return k }
        return scope.context.state.parameters[path.isEmpty ? "k" : path + ".k"]?.intValue ?? k
    }

    // Inlined into `forward`, this crashes the compiler (Swift 6.3.1, -O, while it splits the coroutine).
    @inline(never)
    private func passages(for query: String, k: Int, in scope: RunScope) async throws(RunFailure) -> [Passage] {
        let (name, retriever) = try retriever(in: scope)
        do throws(ServiceError) {
            return try await scope.replayed(.passages(retriever: name, query: query, k: k)) { () throws(ServiceError) in
                let retrieval = try await retriever.retrieve(query, k: k)
                scope.recorder.add(retrieval.usage)
                return retrieval.passages
            }
        } catch {
            let failure = RunFailure(error)
            scope.recorder.note(failure)
            throw failure
        }
    }

    /// - Returns: the retriever, and what tells it apart from others of this run.
    private func retriever(in scope: RunScope) throws(RunFailure) -> (name: String, any Retriever) {
        switch source {
        case .own(let retriever): return ("\(ObjectIdentifier(identity))", retriever)
        case .named(let name):
            let retrievers = scope.context.services.retrievers
            if let retriever = retrievers[name] { return (name, retriever) }
            let known = retrievers.isEmpty ? "none" : retrievers.keys.sorted().joined(separator: ", ")
            throw scope.refusal("no_retriever", "the run has no retriever '\(name)'; it has \(known)")
        }
    }
}
