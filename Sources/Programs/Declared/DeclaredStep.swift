internal import JSON

/// A step of a declared program under its name, which is its attribute in the DSPy module that the program stands for.
struct DeclaredStep: Sendable {
    let name: String
    /// Where it stands in the study's `program`.
    let path: JSONPath
    var content: any StepContent

    /// As it travels with the study: whole, with every file that it names taken in.
    var json: JSON { .object((["name": .string(name)] as JSONObject).merging(content.json)) }
}

/// What a step does. Each kind of step is a type of its own, in the folder Steps.
protocol StepContent: Sendable {
    /// The step without its name: `{"module": "predict", …}`, as its own reader reads it.
    var json: JSONObject { get }

    /// The names of the values that it reads.
    var sources: [String] { get }
    /// The names that it gives to later steps as they are.
    var outputNames: [String] { get }
    /// What is reached as `step.name` only: a reasoning, a trajectory.
    var asides: [String] { get }
    /// Names among ``outputNames`` that may exist already: it adds to their values.
    var grows: [String] { get }
    /// Whether there is a predictor in it.
    var asksModel: Bool { get }

    /// Checks that `scope` has what the step reads.
    mutating func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader)

    /// The module that runs it: it takes the values of the program so far and answers with the step's outputs.
    /// - Parameter earlier: the modules of the steps before it, by name.
    func makeModule(after earlier: [String: any Module]) throws(SignatureError) -> any Module

    // MARK: Pseudo-code

    /// The instructions of its predictor.
    var remark: String? { get }
    /// `ChainOfThought("question -> answer")`.
    var constructor: String { get }
    /// What `__init__` says of it; `attribute` is `self.answer`.
    func declarations(_ attribute: String) -> [String]
    /// What `forward` says of it.
    func statements(_ attribute: String) -> [String]
}

extension StepContent {
    var asides: [String] { [] }
    var grows: [String] { [] }
    var asksModel: Bool { true }
    var remark: String? { nil }

    func declarations(_ attribute: String) -> [String] {
        comment + ["\(attribute) = \(constructor)"]
    }

    /// The remark as lines of pseudo-code.
    var comment: [String] { remark.map { ["# " + $0.replacing(scalar: "\n", with: "\n# ")] } ?? [] }

    func statements(_ attribute: String) -> [String] { [call(attribute, arguments: sources)] }

    func call(_ attribute: String, arguments: [String]) -> String {
        "\(outputNames.joined(separator: ", ")) = \(attribute)(\(arguments.joined(separator: ", ")))"
    }

    func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader) {
        for source in sources { scope.provide(NameUse(source: source), to: name, path: path, reader: &reader) }
    }
}
