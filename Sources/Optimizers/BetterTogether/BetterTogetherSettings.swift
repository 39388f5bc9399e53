package import JSON
package import Programs

/// DSPy's BetterTogether: optimizers in a sequence, each of which goes on from what the one before has made.
package struct BetterTogetherSettings: KindSettings {
    package static let name = "better_together"

    /// One optimizer by the name that the strategy gives it.
    package struct Named: Sendable {
        package var name: String
        package var kind: any KindSettings

        package init(_ name: String, _ kind: any KindSettings) {
            self.name = name
            self.kind = kind
        }
    }

    /// Names of optimizers in the order of the steps.
    package var steps = ["p", "w", "p"]
    package var shuffleTrainsetBetweenSteps = true
    package var optimizers = [Named("p", RandomSearchSettings()), Named("w", BootstrapFinetuneSettings())]

    static let separator = " -> "

    package init() {}

    package init(_ reader: inout SectionReader) {
        reader.hint(Self.hints)
        read(optimizersOf: &reader)
        reader.flag("shuffle_trainset_between_steps", into: &shuffleTrainsetBetweenSteps)
        if let member = reader.member("strategy"), !member.isNull {
            read(strategy: member, &reader)
        } else if let missing = steps.first(where: { kind($0) == nil }) {
            reader.report(
                "strategy",
                "the default, \(strategyText), has '\(missing)', which optimizers does not name; write a strategy of: \(choice)")
        }
    }

    private static let hints = [
        "valset_ratio": "the validation rows are data.val; without it they are taken from data.train",
        "teacher": "write it as `lm: {teacher: …}`",
        "optimizer_compile_args": "write them into the optimizer's own section: `optimizers: {p: {kind: …, …}}`",
        "p": "write it as `optimizers: {p: {kind: …}}`",
        "w": "write it as `optimizers: {w: {kind: …}}`",
    ]

    /// The steps as DSPy writes them.
    package var strategyText: String { steps.joined(separator: Self.separator) }
    private var choice: String { optimizers.map(\.name).joined(separator: ", ") }

    func kind(_ name: String) -> (any KindSettings)? { optimizers.first { $0.name == name }?.kind }

    private mutating func read(strategy member: JSON, _ reader: inout SectionReader) {
        let example = "write the steps as '\(optimizers.prefix(2).map(\.name).joined(separator: Self.separator))', of: \(choice)"
        guard let text = member.stringValue else { return reader.report("strategy", "is \(member.kindName); \(example)") }
        let names = text.split(separator: "->", omittingEmptySubsequences: false).map { $0.filter { !$0.isWhitespace } }
        guard names.contains(where: { !$0.isEmpty }) else { return reader.report("strategy", "is empty; \(example)") }
        let unknown = names.filter { kind($0) == nil }
        guard unknown.isEmpty else {
            let list = unknown.map { "'\($0)'" }.joined(separator: ", ")
            return reader.report("strategy", "\(list) is no step; \(example)")
        }
        steps = names
    }

    /// Whose programs other optimizers can go on from.
    private static var inner: [any KindSettings.Type] {
        OptimizerSettings.kinds.filter { ![name, "ensemble", "knn_few_shot"].contains($0.name) }
    }

    /// `optimizers: {p: {kind: …}, …}`; those that are not named are not there.
    private mutating func read(optimizersOf reader: inout SectionReader) {
        guard let member = reader.member("optimizers"), !member.isNull else { return }
        guard let sections = member.objectValue, !sections.isEmpty else {
            return reader.report(
                "optimizers", "expected sections such as {p: {kind: mipro}}; leave it out for DSPy's defaults, p and w")
        }
        optimizers = []
        var inner = SectionReader(sections, path: reader.path.appending("optimizers"), isStored: reader.isStored)
        for name in sections.keys {
            if !name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) || name.isEmpty {
                inner.report(name, "is no name of a step; give letters, digits and underscores")
            }
            var kind: any KindSettings = RandomSearchSettings()
            inner.kind(name, among: Self.inner, into: &kind)
            optimizers.append(Named(name, kind))
        }
        reader.take(inner.found)
    }

    package var members: JSONObject {
        [
            "strategy": .string(strategyText), "shuffle_trainset_between_steps": .bool(shuffleTrainsetBetweenSteps),
            "optimizers": .object(JSONObject(optimizers.map { ($0.name, .object($0.kind.named)) })),
        ]
    }

    private var used: [any KindSettings] { steps.compactMap(kind) }

    package var roles: Set<Role> { used.reduce(into: []) { $0.formUnion($1.roles) } }
    package var trainsModels: Bool { used.contains(where: \.trainsModels) }

    package mutating func acceptDemos(from threshold: Double) {
        for position in optimizers.indices { optimizers[position].kind.acceptDemos(from: threshold) }
    }

    package func check(_ size: StudySize, path: JSONPath) -> [Diagnostic] {
        optimizers.filter { steps.contains($0.name) }.reduce(into: []) { found, optimizer in
            let place = path.appending("optimizers").appending(optimizer.name)
            for finding in optimizer.kind.check(size, path: place) where !found.contains(finding) { found.append(finding) }
        }
    }

    /// After every step its best is run on all validation rows.
    package func plannedExamples(_ size: StudySize) -> Int {
        used.reduce(0) { $0 + $1.plannedExamples(size) + size.val }
    }

    package var beginsWithEarlier: Bool { steps.first.flatMap(kind)?.beginsWithEarlier ?? false }

    package func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy { BetterTogether(facts: facts, settings: self) }
}

extension BetterTogetherSettings: Equatable {
    package static func == (left: Self, right: Self) -> Bool { left.members == right.members }
}
