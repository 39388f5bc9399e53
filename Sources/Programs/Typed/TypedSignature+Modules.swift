extension TypedSignature {
    /// A predictor by this signature.
    public static func predict(adapter: Adapter? = nil) -> Typed<Self> { Typed(Predict(signature, adapter: adapter)) }

    /// A predictor that first writes down its reasoning.
    /// - Precondition: no input is called `reasoning`.
    public static func chainOfThought(adapter: Adapter? = nil) -> Typed<Self> {
        made { () throws(SignatureError) in try ChainOfThought(signature, adapter: adapter) }
    }

    /// An agent that calls tools until it can answer.
    /// - Precondition: as ``ReAct/init(_:tools:maxIterations:)`` demands.
    public static func react(tools: [any Tool], maxIterations: Int = 20) -> Typed<Self> {
        made { () throws(SignatureError) in try ReAct(signature, tools: tools, maxIterations: maxIterations) }
    }

    /// Answers by writing a program, which the sandbox of the run executes.
    /// - Precondition: as ``ProgramOfThought/init(_:maxIterations:)`` demands.
    public static func programOfThought(maxIterations: Int = 3) -> Typed<Self> {
        made { () throws(SignatureError) in try ProgramOfThought(signature, maxIterations: maxIterations) }
    }

    private static func made(_ make: () throws(SignatureError) -> any Module) -> Typed<Self> {
        do throws(SignatureError) {
            return Typed(try make())
        } catch {
            preconditionFailure("\(Self.self): \(error)")
        }
    }
}
