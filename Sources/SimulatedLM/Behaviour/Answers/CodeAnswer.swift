import JSON

/// Python that calculates an answer, and the answer read from what such code printed.
struct CodeAnswer: Part {
    static let codeField = "generated_code"
    static let outputField = "code_output"

    private let situation: Situation
    private let known: KnownAnswer?

    init(_ situation: Situation, known: KnownAnswer?) {
        self.situation = situation
        self.known = known
    }

    func value(of field: FieldDeclaration) -> JSON? {
        if field.name == Self.codeField { return .string("```python\n\(code)\n```") }
        guard field.purpose == .answer, let output = situation.turn.inputs[Self.outputField] else { return nil }
        return field.value(from: Self.result(in: output, named: field.name))
    }

    /// What the code gave for an output: the member of that name, the only member, or all of it.
    private static func result(in output: String, named name: String) -> String {
        let value = (try? JSON(parsing: output)) ?? PythonValue.parse(output[...])
        let member = value?.objectValue.flatMap { object in object[name] ?? object.map(\.value).first }
        let found = member ?? value
        if let number = found?.doubleValue, let whole = Int(exactly: number) { return String(whole) }
        return found.map { PythonLiterals.spelling(of: $0) } ?? trimmed(output)
    }

    private var code: String {
        let steps = lines
        // A weak programmer uses a name before it exists; told of the error, it does not.
        let isRetry = situation.turn.inputs["error"] != nil
        let isSound = isRetry || situation.ability.masters(situation.hard.uniform(95) * 0.6, situation.draw, 96)
        return ((isSound ? steps : ["result = total_value"]) + ending).joined(separator: "\n")
    }

    private var lines: [String] {
        guard let solution = known?.solution else {
            return ["result = \(Arithmetic.expression(in: situation.question) ?? fallback)"]
        }
        guard known?.isMastered() == true else { return ["result = \(fallback)"] }
        let calculations = solution.worked.map { KnownAnswer.calculations(in: $0) } ?? []
        let usable = calculations.filter { $0.expression.allSatisfy { $0.isASCII && ($0.isNumber || "+-*/(). ".contains($0)) } }
        var lines = usable.enumerated().map { "step_\($0.offset + 1) = \($0.element.expression)" }
        let last = usable.last.map { Extraction.numbers(in: $0.result) }
        if let last, last == Extraction.numbers(in: solution.short), !last.isEmpty {
            lines.append("result = step_\(usable.count)")
        } else {
            lines.append("result = \(Extraction.numbers(in: solution.short).last?.serialized() ?? Self.quoted(solution.short))")
        }
        return lines
    }

    private static func quoted(_ text: String) -> String { JSON.string(text).serialized() }

    /// A guess: the numbers of the question added, or a text.
    private var fallback: String {
        let numbers = Extraction.numbers(in: situation.question).map { $0.serialized() }
        return numbers.isEmpty ? "\"unknown\"" : numbers.joined(separator: " + ")
    }

    /// How the instructions want the result handed over: a preloaded function, or printed.
    private var ending: [String] {
        let instructions = situation.context.head.instructions
        let asked = SimulatedLM.text(after: "field(s): ", in: instructions) ?? ""
        let names = asked.split(separator: "`").enumerated().filter { $0.offset % 2 == 0 }.map { String($0.element) }
            .filter { !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } }
        let members = (names.isEmpty ? ["answer"] : names).map { "\(Self.quoted($0)): result" }.joined(separator: ", ")
        for function in ["SUBMIT", "final_answer", "submit"]
        where instructions.contains("\(function)(") || situation.turn.inputs["previous_code"]?.contains("\(function)(") == true {
            return ["\(function)({\(members)})"]
        }
        return instructions.contains("print") ? ["print(result)"] : ["result"]
    }

    var explanation: String? {
        if let output = situation.turn.inputs[Self.outputField] { return "The code gives \(output)." }
        return known?.solution?.worked.map { _ in "I write each calculation of the problem as one step." }
            ?? "I write the calculation as code."
    }
}
