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
}
