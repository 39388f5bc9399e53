package import JSON
package import Programs

/// DSPy's Ensemble, over the candidates of another optimiser.
package struct EnsembleSettings: KindSettings {
    package static let name = "ensemble"

    package enum Reduce: String, Sendable, CaseIterable {
        case majority
    }

    /// How many of the best candidates answer together.
    package var size = 3
    package var reduce = Reduce.majority
    /// The output in which their answers are compared; nil: the last one.
    package var field: String?
    /// Who finds the candidates.
    package var programs: any KindSettings = RandomSearchSettings()

    /// An ensemble of ensembles would have no members that DSPy could load.
    private static var inner: [any KindSettings.Type] { OptimizerSettings.kinds.filter { $0.name != name } }

    package init() {}

    package init(_ reader: inout SectionReader) {
        reader.integer("size", in: 2...100, into: &size)
        reader.name("reduce_fn", into: &reduce)
        reader.text("field", into: &field)
        var isDeterministic = false
        reader.flag("deterministic", into: &isDeterministic)
        if isDeterministic {
            reader.report(
                "deterministic",
                "is not available, in DSPy as here; all members answer every input, so nothing is drawn: remove it")
        }
        reader.kind("programs", among: Self.inner, into: &programs)
    }

    package var members: JSONObject {
        [
            "size": .int(size), "reduce_fn": .string(reduce.rawValue), "field": field.map(JSON.string) ?? .null,
            "deterministic": false, "programs": .object(programs.named),
        ]
    }

    package var roles: Set<Role> { programs.roles }

    package var namedOutputs: [(key: String, output: String)] { field.map { [("field", $0)] } ?? [] }

    package mutating func acceptDemos(from threshold: Double) { programs.acceptDemos(from: threshold) }

    package func check(_ size: StudySize, path: JSONPath) -> [Diagnostic] {
        programs.check(size, path: path.appending("programs"))
    }

    package func plannedExamples(_ size: StudySize) -> Int { programs.plannedExamples(size) + size.val }

    package var beginsWithEarlier: Bool { programs.beginsWithEarlier }

    package func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy {
        Ensemble(facts: facts, settings: self, search: programs.makeStrategy(facts))
    }
}

extension EnsembleSettings: Equatable {
    package static func == (left: Self, right: Self) -> Bool { left.members == right.members }
}
