import JSON
import Synchronization

/// A small in-context learner: a pure function of (server seed, knowledge, request), with a memory only for speed.
package final class SimulatedModel: Sendable {
    package struct Request: Sendable {
        package var messages: [ChatMessage]
        package var temperature: Double
        package var seed: Int
        package var choice: Int

        package init(messages: [ChatMessage], temperature: Double = 0, seed: Int = 0, choice: Int = 0) {
            self.messages = messages
            self.temperature = temperature
            self.seed = seed
            self.choice = choice
        }
    }

    private let seed: UInt64
    private let knowledge: Knowledge
    private let contexts = Mutex(RecentContexts(limit: 512))

    package init(seed: UInt64 = 0, knowledge: Knowledge = .none) {
        self.seed = seed
        self.knowledge = knowledge
    }

    /// The text of one choice. `malformed` spoils it so that no adapter can parse it.
    package func answer(_ request: Request, malformed: Bool = false) -> String {
        guard let last = request.messages.last else { return "" }
        let context = context(of: request.messages.dropLast())
        let turn = FinalTurn(parsing: last.content)
        var draw = context.digest.combining(last.content)
        draw.combine(request.temperature.bitPattern)
        draw.combine(UInt64(bitPattern: Int64(request.seed)))
        draw.combine(UInt64(request.choice))
        if malformed { return Self.spoiled(draw) }
        guard context.head.layout != .plain else { return PlainAnswer(context: context, last: last.content, draw: draw).text }
        var hard = Digest(seed: seed)
        for body in turn.inputs.bodies { hard.combine(body) }
        let evidence = Evidence(turn, demos: context.demoIndex, needsFeatures: context.usesKnowledge)
        let answers = FieldAnswers(context: context, turn: turn, evidence: evidence, hard: hard, draw: draw).all()
        return Self.written(answers, layout: context.head.layout)
    }

    /// The digest that decides whether this request is among those with a malformed answer.
    package func lot(_ request: Request) -> Double {
        var digest = Digest(seed: seed ^ 0xBAD)
        for message in request.messages { digest.combine(message.content) }
        digest.combine(UInt64(bitPattern: Int64(request.seed)))
        return digest.combining(UInt64(request.choice)).uniform(9)
    }

    private func context(of messages: ArraySlice<ChatMessage>) -> PromptContext {
        var digest = Digest(seed: seed)
        for message in messages {
            digest.combine(message.role == .system ? 1 : message.role == .user ? 2 : 3)
            digest.combine(message.content)
        }
        let key = digest.value
        if let known = contexts.withLock({ $0[key] }) { return known }
        let context = PromptContext(messages, digest: digest, knowledge: knowledge)
        contexts.withLock { $0.insert(context, key) }
        return context
    }

    private static func written(_ answers: [(field: FieldDeclaration, value: JSON)], layout: PromptHead.Layout) -> String {
        if layout == .object { return JSON.object(JSONObject(answers.map { ($0.field.name, $0.value) })).serialized(.pretty) }
        var text = ""
        for answer in answers {
            text += "[[ ## "
            text += answer.field.name
            text += " ## ]]\n"
            text += spelling(answer)
            text += "\n\n"
        }
        return text + "[[ ## completed ## ]]"
    }

    private static func spelling(_ answer: (field: FieldDeclaration, value: JSON)) -> String {
        if case .schema = answer.field.kind { return answer.value.serialized(.python) }
        return PythonLiterals.spelling(of: answer.value)
    }

    private static func spoiled(_ draw: Digest) -> String {
        draw.pick(["I am sorry, I lost my thread", "Sure! Here is what I think of that", "[[ ## nothing ## ]]\n..."], 8)
    }
}

/// The contexts used last, in two generations: when the young one is full, the old one is dropped.
private struct RecentContexts {
    let limit: Int
    private var young: [UInt64: PromptContext] = [:]
    private var old: [UInt64: PromptContext] = [:]

    init(limit: Int) { self.limit = limit }

    subscript(key: UInt64) -> PromptContext? {
        mutating get {
            if let context = young[key] { return context }
            guard let context = old[key] else { return nil }
            insert(context, key)
            return context
        }
    }

    mutating func insert(_ context: PromptContext, _ key: UInt64) {
        if young.count >= limit { (young, old) = ([:], young) }
        young[key] = context
    }
}
