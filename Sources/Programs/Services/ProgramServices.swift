/// What a program may use beside its language model.
public struct ProgramServices: Sendable {
    /// By the names that ``Retrieve`` modules and steps use.
    public var retrievers: [String: any Retriever]
    /// By the names that ``ReAct`` steps use.
    public var tools: [String: any Tool]
    /// nil: running a model's code is not enabled.
    public var sandbox: (any CodeSandbox)?
    /// Searches the rows of a state's ``NearestDemos``; nil: no embedding model is at hand.
    public var demoSearch: (any DemoSearch)?

    /// What a run has beside its model; nothing by default.
    public init(
        retrievers: [String: any Retriever] = [:], tools: [String: any Tool] = [:], sandbox: (any CodeSandbox)? = nil,
        demoSearch: (any DemoSearch)? = nil
    ) {
        self.retrievers = retrievers
        self.tools = tools
        self.sandbox = sandbox
        self.demoSearch = demoSearch
    }

    /// No services.
    public static let none = ProgramServices()
}
