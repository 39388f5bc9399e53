internal import JSON
internal import LanguageModels
internal import Programs

/// One call on its way through the stack.
struct GatewayJob: Sendable {
    /// What becomes of a streamed call.
    enum Event: Sendable {
        /// The data of an event.
        case part(String)
        case end(Usage)
        case failure(GatewayError)

        /// As it is written to the stream. An error within a stream is an event, as OpenAI's clients know it.
        var text: String {
            switch self {
            case .part(let data): "data: \(data)\n\n"
            case .end: "data: [DONE]\n\n"
            case .failure(let error): "data: \(error.json.serialized())\n\n"
            }
        }
    }

    let call: ForwardedCall
    let route: GatewayRoute
    let attribution: Attribution
    /// How long the call waits for an endpoint that is away; nil: until it is back.
    let longestHold: Duration?
    let stack: CallStack
    let tally: GatewayTally

    func run(handOn: (@Sendable (String) -> Void)?) async throws(GatewayError) -> (answer: JSON, usage: Usage) {
        do throws(LanguageModelError) {
            let (answer, usage) = try await stack.forward(
                call, to: route.settings, for: route.origin, isCached: route.isCached, longestHold: longestHold,
                handOn: handOn)
            tally.add(usage, failed: false, for: attribution)
            return (answer, usage)
        } catch {
            tally.add(error.usage, failed: true, for: attribution)
            throw GatewayError(error)
        }
    }
}
