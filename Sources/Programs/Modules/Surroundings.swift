internal import Synchronization

/// What modules that run outside any program use.
struct Surroundings: Sendable {
    var model: any LanguageModel = NoLanguageModel()
    var services = ProgramServices.none
    var adapter = Adapter.chat

    var context: RunContext { RunContext(state: ProgramState([]), model: model, adapter: adapter, services: services) }

    @TaskLocal private static var local: Surroundings?
    private static let shared = Mutex(Surroundings())

    static var current: Surroundings { local ?? shared.withLock { $0 } }

    static func change(_ change: (inout Surroundings) -> Void) { shared.withLock { change(&$0) } }

    static func with<Value>(_ surroundings: Surroundings, _ operation: () async throws -> Value) async rethrows -> Value {
        try await $local.withValue(surroundings, operation: operation)
    }
}

private struct NoLanguageModel: LanguageModel {
    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        throw LanguageModelError(
            .unknownModel, "no language model: call configure(lm:) once, or call the module within withLanguageModel(…) { … }")
    }
}

/// Sets what modules use that run outside any program, in the whole process.
///
///     configure(lm: try LM("openai/gpt-4o-mini"))
///     let answer = try await ChainOfThought("question -> answer")(question: "Why is the sky blue?")
public func configure(lm: any LanguageModel, services: ProgramServices = .none, adapter: Adapter = .chat) {
    Surroundings.change { $0 = Surroundings(model: lm, services: services, adapter: adapter) }
}

/// Runs `operation` with `model` as the model of every module called in it that no program runs.
public func withLanguageModel<Value>(_ model: any LanguageModel, _ operation: () async throws -> Value) async rethrows -> Value {
    var surroundings = Surroundings.current
    surroundings.model = model
    return try await Surroundings.with(surroundings, operation)
}

/// Runs `operation` with `services` as those of every module called in it that no program runs.
public func withServices<Value>(_ services: ProgramServices, _ operation: () async throws -> Value) async rethrows -> Value {
    var surroundings = Surroundings.current
    surroundings.services = services
    return try await Surroundings.with(surroundings, operation)
}
