@testable import SimulatedLM

/// Prompts in the wire format of DSPy's adapters.
enum Prompts {
    static let labels = ["billing", "delivery", "password_reset"]

    static func chatSystem(_ instructions: String = "Sort the ticket.") -> ChatMessage {
        ChatMessage(
            .system,
            """
            Your input fields are:
            1. `ticket` (str): raw ticket text
            Your output fields are:
            1. `reasoning` (str): 
            2. `team` (Literal['billing', 'delivery', 'password_reset']): owning team
            3. `urgency` (int): 
            Constraints: greater than or equal to: 1, less than or equal to: 5
            4. `vip` (bool): 
            5. `items` (list[Item]): 
            All interactions will be structured in the following way, with the appropriate values filled in.

            [[ ## ticket ## ]]
            {ticket}

            [[ ## reasoning ## ]]
            {reasoning}

            [[ ## team ## ]]
            {team}        # note: the value you produce must exactly match (no extra characters) one of: billing; delivery; password_reset

            [[ ## urgency ## ]]
            {urgency}        # note: the value you produce must be a single int value

            [[ ## vip ## ]]
            {vip}        # note: the value you produce must be True or False

            [[ ## items ## ]]
            {items}        # note: the value you produce must adhere to the JSON schema: {"type": "array", "$defs": {"Item": {"type": "object", "properties": {"name": {"type": "string"}, "qty": {"type": "integer"}}, "required": ["name"]}}, "items": {"$ref": "#/$defs/Item"}}

            [[ ## completed ## ]]
            In adhering to this structure, your objective is: 
                    \(instructions)
            """)
    }

    static func jsonSystem() -> ChatMessage {
        ChatMessage(
            .system,
            """
            Your input fields are:
            1. `ticket` (str): raw ticket text
            Your output fields are:
            1. `reasoning` (str): 
            2. `team` (Literal['billing', 'delivery', 'password_reset']): owning team
            All interactions will be structured in the following way, with the appropriate values filled in.

            Inputs will have the following structure:

            [[ ## ticket ## ]]
            {ticket}

            Outputs will be a JSON object with the following fields.

            {
              "reasoning": "{reasoning}",
              "team": "{team}        # note: the value you produce must exactly match (no extra characters) one of: billing; delivery; password_reset"
            }
            In adhering to this structure, your objective is: 
                    Sort the ticket.
            """)
    }

    static func user(_ ticket: String, reminder: String = "Respond with the corresponding output fields, starting with …")
        -> ChatMessage
    {
        ChatMessage(.user, "[[ ## ticket ## ]]\n\(ticket)\n\n\(reminder)")
    }

    /// A labelled demo as the chat adapter writes it: only the team is supplied.
    static func demo(_ ticket: String, _ team: String) -> [ChatMessage] {
        let missing = "Not supplied for this particular example. "
        return [
            ChatMessage(
                .user,
                "This is an example of the task, though some input or output fields are not supplied.\n\n[[ ## ticket ## ]]\n\(ticket)"
            ),
            ChatMessage(
                .assistant,
                "[[ ## reasoning ## ]]\n\(missing)\n\n[[ ## team ## ]]\n\(team)\n\n[[ ## urgency ## ]]\n\(missing)\n\n[[ ## completed ## ]]\n"
            ),
        ]
    }

    static func value(_ field: String, in answer: String) -> String? { Sections(parsing: answer)[field] }
}
