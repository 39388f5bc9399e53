package import JSON
package import Programs

/// DSPy's BootstrapFewShotWithRandomSearch.
package struct RandomSearchSettings: KindSettings {
    package static let name = "random_search"

    package var demos = DemoSettings(maxBootstrappedDemos: 4, maxLabeledDemos: 16)
    package var numCandidatePrograms = 16
    /// A fraction.
    package var stopAtScore: Double?
    /// The numbers of the only demo sets to try, from −3 on; nil: all.
    package var restrict: [Int]?
    /// Whether the labelled set (−2) is a sample; if not, the first rows.
    package var labeledSample = true
    /// Whether candidates that are clearly worse are spared the rest of the validation rows.
    package var earlyElimination = false

    package init() {}

    package init(_ reader: inout SectionReader) {
        demos.read(&reader)
        reader.integer("num_candidate_programs", in: 0...10_000, into: &numCandidatePrograms)
        reader.number("stop_at_score", into: &stopAtScore)
        if let score = stopAtScore, score > 1 {
            reader.report("stop_at_score", "\(score) is above 1; scores are fractions here: write \(score / 100) for \(score) %")
        }
        if let score = stopAtScore, score < 0, !reader.isStored {
            reader.report("stop_at_score", "\(score) is negative; give a number from 0 to 1, such as 0.8 for 80 %")
        }
        reader.integers("restrict", in: -3...max(-1, numCandidatePrograms - 1), into: &restrict)
        reader.flag("labeled_sample", into: &labeledSample)
        reader.flag("early_elimination", into: &earlyElimination)
    }

    package var members: JSONObject {
        demos.members.merging([
            "num_candidate_programs": .int(numCandidatePrograms), "stop_at_score": optional(stopAtScore),
            "restrict": restrict.map { .array($0.map { .int($0) }) } ?? .null, "labeled_sample": .bool(labeledSample),
            "early_elimination": .bool(earlyElimination),
        ])
    }

    /// Of the demo sets, in their order.
    var numbers: [Int] { (-3..<numCandidatePrograms).filter { restrict?.contains($0) ?? true } }

    package var roles: Set<Role> { [.teacher] }

    package mutating func acceptDemos(from threshold: Double) { demos.accept(from: threshold) }

    package func check(_ size: StudySize, path: JSONPath) -> [Diagnostic] { demos.check(size) }

    /// A race lets go of about half of the work; see docs/optimisers.md.
    package func plannedExamples(_ size: StudySize) -> Int { numbers.count * size.val / (earlyElimination ? 2 : 1) }

    package var beginsWithEarlier: Bool { true }

    package func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy { RandomSearch(facts: facts, settings: self) }
}
