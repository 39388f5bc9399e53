/// Everything that can be known of a prompt before its last message: worth keeping, because thousands of requests share it.
struct PromptContext: Sendable {
    let head: PromptHead
    let demos: [Demo]
    let demoIndex: SimilarityIndex
    /// Per output field with labels.
    let choosers: [String: LabelChooser]
    /// Whether labels are compared to built-in knowledge.
    let usesKnowledge: Bool
    let knowledge: Knowledge
    /// For all that is not a label.
    let competence: Competence
    /// Whether it reasons before it answers.
    let reasons: Bool
    /// The parts that it asks for.
    let casting: Casting
    /// The tools of an agent.
    let tools: [ToolDescription]
    /// Of all messages but the last.
    let digest: Digest

    init(_ messages: some Collection<ChatMessage>, digest: Digest, knowledge: Knowledge) {
        let system = messages.filter { $0.role == .system }.map(\.content).joined(separator: "\n\n")
        let head = PromptHead(parsing: system)
        let demos = Self.demos(in: messages, layout: head.layout)
        self.head = head
        self.demos = demos
        self.digest = digest
        demoIndex = SimilarityIndex(demos.map { TextFeatures($0.inputText) })
        self.knowledge = knowledge
        casting = Casting(head, knows: !knowledge.rows.isEmpty)
        reasons = head.outputs.contains { $0.purpose == .reasoning }
        tools = casting.contains(.agent) ? ToolDescription.all(in: head.instructions) : []

        let inputs = head.inputs.map(\.name)
        let quality = InstructionQuality(
            inputNames: inputs, outputNames: head.outputs.map(\.name),
            labelConcepts: head.outputs.reduce(into: []) { concepts, field in
                if case .label = field.kind { for label in field.labels { concepts.formUnion(LabelIndex.concepts(of: label)) } }
            },
            exampleConcepts: demos.reduce(into: []) { $0.formUnion(TextFeatures($1.inputText, withVector: false).concepts) }
        ).score(Self.ownInstructions(head.instructions))
        let training = knowledge.familiarity(PromptForm(head))
        competence = Competence(instruction: quality, demos: Competence.demoQuality(demos, output: nil), training: training)
        let choosers: [String: LabelChooser] = head.outputs.reduce(into: [:]) { choosers, field in
            guard !field.labels.isEmpty else { return }
            let competence = Competence(
                instruction: quality, demos: Competence.demoQuality(demos, output: field.name), training: training)
            choosers[field.name] = LabelChooser(
                field: field, inputs: inputs, demos: demos, competence: competence, knowledge: knowledge)
        }
        self.choosers = choosers
        usesKnowledge = choosers.values.contains(where: \.usesKnowledge)
    }

    /// Without what an agent's module adds to them.
    private static func ownInstructions(_ text: String) -> String {
        ["You are an Agent.", "You work in steps, with tools"].reduce(text) { text, mark in
            text.firstRange(of: mark).map { String(text[..<$0.lowerBound]) } ?? text
        }
    }

    /// What the instructions and a field's description demand of its text.
    func rules(for field: FieldDeclaration) -> TextRules { TextRules(parsing: head.instructions + "\n" + field.description) }

    /// User and assistant messages in pairs; a turn without its answer is left out.
    private static func demos(in messages: some Collection<ChatMessage>, layout: PromptHead.Layout) -> [Demo] {
        var demos: [Demo] = []
        var user: String?
        for message in messages {
            switch message.role {
            case .system: continue
            case .user: user = message.content
            case .assistant:
                if let question = user { demos.append(Demo(user: question, assistant: message.content, layout: layout)) }
                user = nil
            }
        }
        return demos
    }
}
