import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct InstructionProposalsTests {
    private func proposeDecisions(_ settings: String, _ change: (inout SimulatedSurface) -> Void = { _ in }) throws
        -> [[ProposalCall]]
    {
        let facts = try makeFacts(settings: flow(settings))
        var surface = SimulatedSurface(facts: facts)
        change(&surface)
        return try PlanDriver.run(StudyPlan(facts), on: surface).decisions.compactMap { decision in
            if case .propose(let calls) = decision.work { calls } else { nil }
        }
    }

    @Test func threeStepsOfParallelCalls() throws {
        let steps = try proposeDecisions("{kind: mipro, search: tpe}")
        #expect(steps.count == 3)
        #expect(steps[0].map(\.key) == ["summary/batch0", "summary/batch1", "summary/batch2", "summary/batch3", "program"])
        #expect(steps[1].map(\.key) == ["summary", "module/step0.predict", "module/step1.predict"])
        #expect(steps[2].map(\.key) == ["step0.predict/1", "step0.predict/2", "step1.predict/1", "step1.predict/2"])
        for call in steps[2] {
            #expect(call.signature.inputs.map(\.name) == call.inputs.keys)
            #expect(call.signature.outputs.map(\.name) == ["proposed_instruction"])
            #expect(call.inputs["task_demos"]?.stringValue?.contains("Question: question") == true)
            #expect(call.inputs["basic_instruction"]?.stringValue?.hasPrefix("Do step") == true)
        }
    }

    @Test func whatIsNotWantedIsNotAsked() throws {
        let settings = """
            {kind: mipro, search: tpe, data_aware_proposer: false, program_aware_proposer: false, tip_aware_proposer: false, \
            fewshot_aware_proposer: false, init_temperature: 0.7}
            """
        let steps = try proposeDecisions(settings)
        #expect(steps.count == 1)
        #expect(steps[0].allSatisfy { $0.inputs.keys == ["basic_instruction"] && $0.temperature == 0.7 })
    }

    @Test func zeroShotPaysForEveryChoiceButTheOriginal() throws {
        let steps = try proposeDecisions("{kind: mipro, search: tpe, max_bootstrapped_demos: 0, max_labeled_demos: 0}")
        #expect(steps.last?.count == 2 * 5)
        #expect(steps.last?.contains { $0.inputs["task_demos"]?.stringValue?.contains("question") == true } == true)
    }

    @Test func failedCallsCostOnlyTheirOwnField() throws {
        let steps = try proposeDecisions("{kind: mipro, search: tpe}") { $0.proposalFaults = 1 }
        #expect(steps.count == 3)
        #expect(steps[2].allSatisfy { $0.inputs["dataset_summary"] == nil && $0.inputs["program_code"] != nil })
    }

    @Test(arguments: [
        ("Classify the query.", "Classify the query."),
        ("  \"Classify the query.\"\n", "Classify the query."),
        ("**Proposed Instruction:** Classify it.", "Classify it."),
        ("Proposed_instruction: \"Classify it.\"", "Classify it."),
        ("Here are the new instructions:\nClassify it.", "Classify it."),
        ("Classify the query: read it first.", "Classify the query: read it first."),
        ("Instructions:", "Instructions:"),
        ("\"\"", "\"\""),
        ("```\nDo.\n```", "Do."),
        (" \n ", ""),
    ])
    func answersAreCleaned(answer: String, instruction: String) {
        #expect(cleanedInstruction(answer) == instruction)
    }

    @Test func tipsVary() {
        let tips = (0..<60).map { InstructionTip.draw(seed: 1, path: "p", proposal: $0) }
        #expect(Set(tips).count == InstructionTip.allCases.count)
    }
}
