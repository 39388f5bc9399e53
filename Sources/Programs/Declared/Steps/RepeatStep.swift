internal import JSON

/// `repeat`: rounds of the same steps, which see what the rounds before them collected.
struct RepeatStep: StepContent {
    static let options = ["steps", "collect", "until", "shared"]

    let rounds: Int
    private var steps: [DeclaredStep]
    /// The value of each round that the value of a name grows by.
    let collected: [(name: String, source: String)]
    /// Ends the loop early.
    let until: Check?
    /// Whether all rounds use the same predictors.
    let isShared: Bool

    init?(_ section: inout StepSection) {
        let collected = section.collected()
        let isShared = section.flag("shared")
        let path = section.path.appending("until")
        let until = section.members["until"].flatMap { Check(reading: $0, about: nil, path: path, reader: &section.reader) }
        guard let rounds = section.count(section.key), let steps = section.steps("steps") else { return nil }
        self.rounds = rounds
        self.steps = steps
        self.collected = collected
        self.until = until
        self.isShared = isShared
    }

    var json: JSONObject {
        var json: JSONObject = ["module": "repeat", "repeat": .int(rounds), "steps": .array(steps.map(\.json))]
        if !collected.isEmpty { json["collect"] = .object(JSONObject(collected.map { ($0.name, .string($0.source)) })) }
        json["until"] = until.map { .object($0.json) }
        if isShared { json["shared"] = true }
        return json
    }

    private var roundOutputs: [String] { steps.flatMap(\.content.outputNames).uniqued }

    var sources: [String] {
        let given = roundOutputs + grows
        let checked = until?.references.filter { !given.contains($0) } ?? []
        return (steps.sources.filter { !grows.contains($0) } + grows + checked).uniqued
    }

    var outputNames: [String] { (roundOutputs + grows).uniqued }
    var grows: [String] { collected.map(\.name) }
    var asksModel: Bool { steps.contains { $0.content.asksModel } }

    mutating func wire(_ scope: inout NameScope, as name: String, path: JSONPath, reader: inout SectionReader) {
        var inner = scope
        for collected in grows { inner.give(collected, by: name, mayExist: true, path: path, reader: &reader) }
        inner.wire(&steps, reader: &reader)
        for (collected, source) in collected {
            let place = path.appending("collect").appending(collected)
            inner.provide(NameUse(source: source), to: name, path: place, reader: &reader)
        }
        for reference in until?.references ?? [] {
            inner.provide(NameUse(source: reference), to: name, path: path.appending("until"), reader: &reader)
        }
        scope.takeInputs(of: inner)
    }

    func makeModule(after earlier: [String: any Module]) throws(SignatureError) -> any Module {
        var sequences: [StepSequence] = []
        // What a round leaves behind, and what the collections grow by.
        let names = (roundOutputs + collected.map(\.source) + (until?.references ?? [])).uniqued
        for _ in 0..<(isShared ? 1 : rounds) {
            sequences.append(try StepSequence(steps, outputNames: names, after: earlier))
        }
        return RepeatModule(
            sequences: sequences, isShared: isShared, rounds: rounds, collected: collected, until: until, outputNames: outputNames
        )
    }

    // MARK: Pseudo-code

    private func round(_ attribute: String) -> String { isShared ? attribute : attribute + "[i]" }

    var constructor: String { "Repeat(\(rounds), \(steps.constructors))" }

    func declarations(_ attribute: String) -> [String] {
        let lines = steps.flatMap { $0.content.declarations("\(round(attribute)).\($0.name)") }
        return isShared ? lines : ["for i in range(\(rounds)):"] + lines.indented
    }

    func statements(_ attribute: String) -> [String] {
        var body = steps.flatMap { $0.content.statements("\(round(attribute)).\($0.name)") }
        body += collected.map { "\($0.name) = deduplicate(\($0.name) + \($0.source))" }
        if let until { body += ["if \(until.condition): break"] }
        return collected.map { "\($0.name) = []" } + ["for i in range(\(rounds)):"] + body.indented
    }
}

private struct RepeatModule: ComposedModule {
    /// One for each round, or one for all.
    let sequences: [StepSequence]
    let isShared: Bool
    let rounds: Int
    let collected: [(name: String, source: String)]
    let until: Check?
    let outputNames: [String]

    /// As in DSPy, where the rounds are a list of modules, or one module.
    var parts: [(name: String, part: any Module)] {
        sequences.enumerated().map { (isShared ? "" : "[\($0.offset)]", $0.element) }
    }

    func forward(_ values: JSONObject) async throws -> Prediction {
        // What a round sees: of the rounds before it only what they collected.
        var seen = values
        for (name, _) in collected { seen[name] = .array(seen[name].map(\.elements) ?? []) }
        var ended = seen
        for round in 0..<rounds {
            ended = seen.merging(try await sequences[round % sequences.count].forward(seen).fields)
            for (name, source) in collected {
                seen[name] = .array(((seen[name]?.elements ?? []) + (ended[source]?.elements ?? [])).uniqued)
            }
            ended = ended.merging(seen.filter { name in collected.contains { $0.name == name } })
            if let until, until.holds(ended) { break }
        }
        return Prediction(fields: ended.filter { outputNames.contains($0) })
    }
}

extension JSON {
    /// A list's elements; anything else but null is one element.
    fileprivate var elements: [JSON] { arrayValue ?? (isNull ? [] : [self]) }
}

extension StepSection {
    /// `collect`: `{context: passages}`.
    fileprivate mutating func collected() -> [(name: String, source: String)] {
        let path = path.appending("collect")
        guard let value = members["collect"], let members = reader.object(value, path: path, what: "collect") else { return [] }
        return members.compactMap { name, value in
            reader.check(identifier: name, of: "value", path: path.appending(name))
            guard let source = value.stringValue else {
                reader.report(path.appending(name), "collect gives the value that '\(name)' grows by, as {context: passages}")
                return nil
            }
            return (name, source)
        }
    }
}
