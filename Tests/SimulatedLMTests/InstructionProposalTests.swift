import JSON
import Testing

@testable import SimulatedLM

@Suite struct InstructionProposalTests {
    private let system = ChatMessage(
        .system,
        """
        Your input fields are:
        1. `dataset_description` (str): 
        2. `module` (str): 
        3. `basic_instruction` (str): 
        4. `tip` (str): 
        Your output fields are:
        1. `proposed_instruction` (str): 
        All interactions will be structured in the following way, with the appropriate values filled in.

        [[ ## proposed_instruction ## ]]
        {proposed_instruction}
        In adhering to this structure, your objective is: 
                Propose an instruction.
        """)

    private func proposal(tip: String, seed: Int) -> String {
        let user = ChatMessage(
            .user,
            """
            [[ ## dataset_description ## ]]
            Messages of customers about parcels and bills.

            [[ ## module ## ]]
            ChainOfThought(ticket) -> reasoning, team

            [[ ## basic_instruction ## ]]
            Sort the ticket.

            [[ ## tip ## ]]
            \(tip)
            """)
        let answer = SimulatedModel().answer(.init(messages: [system, user], temperature: 1, seed: seed))
        return Prompts.value("proposed_instruction", in: answer) ?? ""
    }

    @Test func proposalsBuildOnTheTaskAndDiffer() {
        let proposals = (0..<12).map { proposal(tip: "", seed: $0) }
        #expect(Set(proposals).count > 8)
        #expect(proposals.allSatisfy { $0.contains("Sort the ticket.") })
        #expect(proposals.contains { $0.contains("`ticket`") && $0.contains("`team`") })
    }

    @Test func theirQualityVaries() {
        let quality = InstructionQuality(inputNames: ["ticket"], outputNames: ["team"], labelConcepts: [], exampleConcepts: [])
        let scores = (0..<20).map { quality.score(proposal(tip: "", seed: $0)) }
        #expect((scores.max() ?? 0) - (scores.min() ?? 0) > 0.2)
        #expect(scores.reduce(0, +) / 20 > quality.score("Sort the ticket."))
    }

    @Test func theTipShows() {
        let personas = (0..<20).count { proposal(tip: "Include a persona", seed: $0).hasPrefix("You are") }
        #expect(personas >= 15)
    }

    @Test func aPlainReflectionPromptGetsACodeBlock() {
        let prompt =
            "I gave these instructions:\n```\nSort the ticket.\n```\nExamples:\n```\nticket: x\n```\nProvide the new instructions within ``` blocks."
        let answer = SimulatedModel().answer(.init(messages: [ChatMessage(.user, prompt)]))
        #expect(answer.hasPrefix("```\n") && answer.hasSuffix("\n```") && answer.contains("Sort the ticket."))
    }

    // MARK: Reflection

    private static let reflection = PartPrompt(
        inputs: [("current_instruction", "str"), ("examples_with_feedback", "list[dict[str, Any]]")],
        outputs: [("new_instruction", "str")])

    private func reflected(_ examples: String, layout: PromptHead.Layout = .sections, seed: Int) -> String {
        var prompt = Self.reflection
        prompt.layout = layout
        let messages = prompt.messages(["current_instruction": "Sort the ticket.", "examples_with_feedback": examples])
        let answer = SimulatedModel().answer(.init(messages: messages, temperature: 1, seed: seed))
        if layout == .object { return (try? JSON(parsing: answer))?["new_instruction"]?.stringValue ?? "" }
        return Prompts.value("new_instruction", in: answer) ?? ""
    }

    private static let confused = """
        [{"Inputs": {"ticket": "The parcel doesn't arrive"}, "Generated Outputs": {"reasoning": "r", "team": "billing"}, \
        "Feedback": "expected 'parcel_desk', got 'billing'"}]
        """

    @Test(arguments: [PromptHead.Layout.sections, .object])
    func feedbackShows(layout: PromptHead.Layout) {
        let proposals = (0..<24).map { reflected(Self.confused, layout: layout, seed: $0) }
        #expect(proposals.allSatisfy { $0.contains("Sort the ticket.") })
        #expect(proposals.count { $0.contains("Distinguish `parcel_desk` from `billing`") } > 12)
        #expect(proposals.contains { $0.contains("`ticket`") && $0.contains("`team`") }, "the fields are those of the examples")
        #expect(proposals.contains { !$0.contains("Distinguish `parcel_desk`") }, "not every draw")
    }

    @Test func unreadableAnswersLeadToWordsOnTheFormat() {
        let failed = """
            [{"Inputs": {"ticket": "x"}, "Generated Outputs": "It is theirs.", "Feedback": "Your output failed to parse."}]
            """
        let mentions = { (text: String) in text.contains("allowed values") || text.contains("listed options") }
        #expect(
            (0..<30).count { mentions(reflected(failed, seed: $0)) }
                > (0..<30).count { mentions(reflected(Self.confused, seed: $0)) })
    }

    @Test func reflectionPaysByTheSameRulesAsAnyInstruction() {
        let concepts = ["parcel_desk", "billing"].reduce(into: Set<UInt64>()) { $0.formUnion(LabelIndex.concepts(of: $1)) }
        let quality = InstructionQuality(
            inputNames: ["ticket"], outputNames: ["team"], labelConcepts: concepts, exampleConcepts: [])
        func mean(_ texts: [String]) -> Double { texts.map(quality.score).reduce(0, +) / Double(texts.count) }
        let plain = (0..<40).map { reflected("ticket: The parcel does not arrive", seed: $0) }
        let informed = (0..<40).map { reflected(Self.confused, seed: $0) }
        #expect(mean(informed) > mean(plain) + 0.03)
        #expect(mean(plain) > quality.score("Sort the ticket."))
    }

    @Test func headedExamplesAreReadToo() throws {
        let text = """
            # Example 1
            ## Inputs
            ### ticket
            The parcel doesn't arrive

            ## Generated Outputs
            ### team
            billing

            ## Feedback
            It should have been `parcel_desk`.
            """
        let examples = try #require(ReflectedExamples(text))
        #expect(examples.inputs == ["ticket"] && examples.outputs == ["team"])
        #expect(examples.confusions.map(\.wanted) == ["parcel_desk"])
        #expect(ReflectedExamples("ticket: a\nteam: b") == nil)
        #expect(ReflectedExamples("[1, {}]") == nil && ReflectedExamples("") == nil)
    }

    @Test func repeatedReflectionDoesNotRepeatItself() {
        var text = "Sort the ticket."
        for seed in 0..<12 {
            let messages = Self.reflection.messages(["current_instruction": text, "examples_with_feedback": Self.confused])
            text =
                Prompts.value(
                    "new_instruction", in: SimulatedModel().answer(.init(messages: messages, temperature: 1, seed: seed))) ?? ""
        }
        #expect(text.ranges(of: "Distinguish `parcel_desk` from `billing`").count == 1)
        #expect(text.utf8.count < 2_000)
    }
}
