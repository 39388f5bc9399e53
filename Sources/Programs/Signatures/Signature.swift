/// What a predictor does: inputs, outputs, and the instructions that optimisers rewrite.
public struct Signature: Sendable, Hashable {
    /// What the model is given.
    public var inputs: [Field]
    /// What it is to answer.
    public var outputs: [Field]
    /// What it is to do.
    public var instructions: String

    /// A signature of fields; without instructions, or with empty ones, DSPy's default sentence is used. Indents and blank
    /// ends that come from how the instructions were written down are removed, as from a docstring.
    /// - Throws: ``SignatureError`` for a repeated field name.
    public init(inputs: [Field], outputs: [Field], instructions: String? = nil) throws(SignatureError) {
        var seen: Set<String> = []
        for field in inputs + outputs where !seen.insert(field.name).inserted {
            let isClash = inputs.contains { $0.name == field.name } && outputs.contains { $0.name == field.name }
            throw SignatureError(
                isClash ? "'\(field.name)' is both an input and an output; rename one" : "field '\(field.name)' appears twice")
        }
        self.inputs = inputs
        self.outputs = outputs
        let given = instructions.flatMap { $0.isEmpty ? nil : $0.pythonDocumentationText }
        self.instructions = given ?? Self.defaultInstructions(inputs: inputs, outputs: outputs)
    }

    /// A signature in DSPy's shorthand: `"question, context: list[str] -> answer: Literal['yes', 'no']"`.
    /// - Throws: ``SignatureError`` naming what is wrong and the nearest known type.
    public init(_ shorthand: String, instructions: String? = nil) throws(SignatureError) {
        var parser = SignatureParser(shorthand)
        let (inputs, outputs) = try parser.signature()
        try self.init(inputs: inputs, outputs: outputs, instructions: instructions)
    }

    private static func defaultInstructions(inputs: [Field], outputs: [Field]) -> String {
        func list(_ fields: [Field]) -> String { fields.map { "`\($0.name)`" }.joined(separator: ", ") }
        return "Given the fields \(list(inputs)), produce the fields \(list(outputs))."
    }

    /// Inputs, then outputs.
    public var fields: [Field] { inputs + outputs }

    /// The same fields with other instructions.
    public func with(instructions: String) -> Signature {
        var copy = self
        copy.instructions = instructions.pythonDocumentationText
        return copy
    }

    /// The signature in shorthand, with every type written out.
    public var shorthand: String {
        func side(_ fields: [Field]) -> String {
            fields.map { $0.type == .string ? $0.name : "\($0.name): \($0.type.pythonName)" }.joined(separator: ", ")
        }
        return "\(side(inputs)) -> \(side(outputs))"
    }
}

/// Why a signature or a type is refused.
public struct SignatureError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong and what would mend it.
    public var message: String

    init(_ message: String) { self.message = message }

    public var description: String { message }
}
