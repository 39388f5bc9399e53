internal import ArgumentParser
internal import JSON
internal import Programs
internal import Synchronization

/// What running a program costs beside its LM calls: prompts, parsing, traces, metrics excluded. Benchmarks/overhead.py runs
/// the same program in DSPy.
struct BenchProgramCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "program", abstract: "Time a program of two steps over a model that answers at once.")

    @Option(help: "How many examples are run.")
    var examples = 2000

    @Option(help: "How many demos each predictor has.")
    var demos = 4

    @Flag(help: "Print one JSON document.")
    var json = false

    func validate() throws {
        guard examples > 0, demos >= 0 else { throw ValidationError("--examples must be at least 1, --demos at least 0") }
    }

    func run() async throws {
        let program = try DeclaredProgram(section: Self.section, inputs: ["utterance"], loadEnum: { _ in [] })
        var state = program.initialState
        let demo: JSONObject = [
            "utterance": "Where is the card that you sent me?", "topic": "card", "reasoning": "The customer waits for a card.",
            "intent": "card_arrival",
        ]
        for path in state.paths { state[path]?.demos = Array(repeating: demo, count: demos) }
        let context = RunContext(state: state, model: InstantModel())
        let (clock, warmUp) = (ContinuousClock(), 50)
        var start = clock.now
        for number in 0..<(warmUp + examples) {
            if number == warmUp { start = clock.now }
            let result = await program.run(["utterance": .string("I lost my card \(number)")], in: context)
            _ = try result.outcome.get()
        }
        let microseconds = (clock.now - start) / .microseconds(1) / Double(examples)
        let document: JSON = [
            "program": "two_steps", "examples": .int(examples), "demos": .int(demos), "us_per_example": .double(microseconds),
        ]
        Console.result(
            json ? document.serialized(.python) : "\(microseconds.fixed(1)) µs per example of two steps with \(demos) demos each")
    }

    private static let section: JSON = [
        "steps": [
            ["topic": ["predict": "utterance -> topic: Literal['card', 'transfer', 'cash']"]],
            ["intent": ["chain_of_thought": "utterance, topic -> intent"]],
        ]
    ]
}

/// Answers at once what the program of the benchmark asks.
private final class InstantModel: LanguageModel {
    /// The steps ask in turn.
    private let asked = Atomic(0)

    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        let isTopic = asked.wrappingAdd(1, ordering: .relaxed).oldValue.isMultiple(of: 2)
        return ChatResponse(text: isTopic ? Self.topic : Self.intent, finishReason: "stop", usage: Usage(calls: 1, attempts: 1))
    }

    private static let topic = "[[ ## topic ## ]]\ncard\n\n[[ ## completed ## ]]\n"
    private static let intent = """
        [[ ## reasoning ## ]]
        The card was mentioned, so it is about a lost card.

        [[ ## intent ## ]]
        lost_card

        [[ ## completed ## ]]
        """
}
