internal import Programs

/// The signatures of the calls that write instructions. The wording is ours; the fields play the parts of those of DSPy's
/// grounded proposer.
enum ProposerSignature {
    static let observe = signature(
        ["examples": "rows of the data set, one per line"],
        output: "observations",
        """
        You are shown some rows of the data set that a language model program will be tuned on. Write down what helps to do \
        the task well: what the inputs look like, how the expected answers are phrased, which values occur, what is easily \
        confused, and any \
        rule that ties an answer to its input. Be concrete and do not speculate beyond the rows.
        """)

    static let summary = signature(
        ["observations": "notes on several parts of the data set"],
        output: "summary",
        "Condense the notes on a data set into two or three sentences for a newcomer: what the data is and what matters in it."
    )

    static let program = signature(
        ["program_code": "the program in pseudo-code", "program_example": "rows of data that it is used on"],
        output: "program_description",
        "Explain in a few sentences which task the program solves and how its steps work together.")

    static let module = signature(
        [
            "program_code": "the program in pseudo-code", "program_description": "what the program is for",
            "module": "one step of the program: its kind, inputs and outputs",
        ],
        output: "module_description",
        "Explain in one or two sentences what this step contributes to the program and what a good answer of it must provide.")

    /// The output field of every proposal.
    static let proposal = "proposed_instruction"

    /// COPRO's first proposals: nothing is known but the instructions.
    static let basic = signature(
        ["basic_instruction": "the instructions that the step has now"], output: proposal,
        outputDescription: "the new instructions and nothing else",
        """
        Instructions lead a language model through one step of a program. Write better ones than the step has now: they must \
        stand alone and lead a good language model to do the task well. An unusual idea is welcome.
        """)

    /// COPRO's later proposals, which see what was tried.
    static let attempts = signature(
        ["attempted_instructions": "instructions and the scores they reached, the best ones last; a higher score is better"],
        output: proposal, outputDescription: "the new instructions and nothing else",
        """
        Instructions lead a language model through one step of a program. You see some that were tried, with the score that \
        each reached on validation data, in ascending order. Find out what the better ones have that the worse ones lack, and \
        write new instructions that lead a good language model to an even higher score. An unusual idea is welcome.
        """)

    /// The proposal itself, with the inputs that the study's settings provide, in a fixed order.
    static func instruction(inputs: [String]) -> Signature {
        let descriptions = [
            "dataset_summary": "what the data looks like",
            "program_code": "the program in pseudo-code",
            "program_description": "what the program is for",
            "module": "the step to write instructions for: its kind, inputs and outputs",
            "module_description": "what the step contributes",
            "task_demos": "worked examples of the step",
            "previous_instructions": "instructions that were tried and the scores they reached, the best ones last",
            "basic_instruction": "the instructions that the step has now",
            "tip": "how to go about the new instructions",
        ]
        return make(
            inputs.map { Field(name: $0, description: descriptions[$0]) },
            Field(name: proposal, description: "the new instructions and nothing else"),
            """
            Write instructions for one step of a language model program, to replace those it has now. Use what you are given \
            about the task. The instructions must stand alone, name what the step receives and what it must return, and lead \
            a language model to better answers than before.
            """)
    }

    private static func signature(
        _ inputs: KeyValuePairs<String, String>, output: String, outputDescription: String? = nil, _ instructions: String
    ) -> Signature {
        make(
            inputs.map { Field(name: $0.key, description: $0.value) }, Field(name: output, description: outputDescription),
            instructions)
    }

    private static func make(_ inputs: [Field], _ output: Field, _ instructions: String) -> Signature {
        do {
            return try Signature(inputs: inputs, outputs: [output], instructions: instructions)
        } catch {
            preconditionFailure("the field names above are distinct: \(error)")
        }
    }
}
