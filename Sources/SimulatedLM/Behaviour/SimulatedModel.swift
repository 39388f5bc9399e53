import JSON
import Synchronization

/// A small in-context learner: a pure function of (server seed, knowledge, request), with a memory only for speed.
package final class SimulatedModel: Sendable {
    package struct Request: Sendable {
        package var messages: [ChatMessage]
        package var temperature: Double
        package var seed: Int
        package var choice: Int
        /// What the answer must be, if anything: an object.
        package var format: AnswerFormat?

        package init(
            messages: [ChatMessage], temperature: Double = 0, seed: Int = 0, choice: Int = 0, format: AnswerFormat? = nil
        ) {
            self.messages = messages
            self.temperature = temperature
            self.seed = seed
            self.choice = choice
            self.format = format
        }
    }

    private let seed: UInt64
    private let knowledge: Knowledge
    private let contexts = Mutex(RecentContexts(limit: 512))

    package init(seed: UInt64 = 0, knowledge: Knowledge = .none) {
        self.seed = seed
        self.knowledge = knowledge
    }

    /// The model that training makes of this one.
    func taught(_ lessons: Lessons) -> SimulatedModel { SimulatedModel(seed: seed, knowledge: knowledge.adding(lessons)) }

    /// The text of one choice, spoiled by `malformation` if there is one.
    package func answer(_ request: Request, malformation: Malformation? = nil) -> String {
        guard let last = request.messages.last else { return "" }
        let context = context(of: request.messages.dropLast())
        let turn = FinalTurn(parsing: last.content, head: context.head)
        var draw = context.digest.combining(last.content)
        draw.combine(request.temperature.bitPattern)
        draw.combine(UInt64(bitPattern: Int64(request.seed)))
        draw.combine(UInt64(request.choice))
        guard context.head.layout != .plain else {
            let plain = PlainAnswer(context: context, last: last.content, draw: draw)
            let text = request.format.map { plain.object($0).serialized(.pretty) } ?? plain.text
            return malformation.map { $0.changed(text, last: "\n", draw) } ?? text
        }
        var hard = Digest(seed: seed)
        for body in turn.inputs.bodies { hard.combine(body) }
        // A retry is another try.
        if let revision = turn.revision { hard.combine(revision.advice) }
        let evidence = Evidence(turn, demos: context.demoIndex, needsFeatures: context.usesKnowledge)
        let situation = Situation(context: context, turn: turn, hard: hard, draw: draw)
        let answers = FieldAnswers(situation: situation, evidence: evidence).all()
        let layout = request.format == nil ? context.head.layout : .object
        guard let malformation else { return AnswerText.written(answers, layout: layout, format: request.format, draw) }
        let text = AnswerText.written(malformation.changed(answers, draw), layout: layout, format: nil, draw)
        return malformation.changed(text, last: AnswerText.opening(of: answers.last?.field.name ?? "", layout: layout), draw)
    }

    /// How this request's answer is spoiled, if it is among the share `rate` of those that are: always the same for it.
    package func malformation(of request: Request, rate: Double) -> Malformation? {
        var digest = Digest(seed: seed ^ 0xBAD)
        for message in request.messages { digest.combine(message.content) }
        digest.combine(UInt64(bitPattern: Int64(request.seed)))
        digest.combine(UInt64(request.choice))
        return digest.uniform(9) < rate ? digest.pick(Malformation.allCases, 10) : nil
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
