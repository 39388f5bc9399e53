internal import JSON
package import Programs

/// How demos are made, as DSPy's BootstrapFewShot and what is built on it name it.
package struct DemoSettings: Sendable, Hashable {
    package var maxBootstrappedDemos: Int
    package var maxLabeledDemos: Int
    package var maxRounds = 1
    /// The least score of a demo; nil: any score above 0.
    package var metricThreshold: Double?
    /// A compiled program whose traces are kept; nil: the uncompiled one with training rows as its demos.
    package var teacher: ProgramState?

    var limits: DemoLimits { DemoLimits(bootstrapped: maxBootstrappedDemos, labeled: maxLabeledDemos) }

    mutating func read(_ reader: inout SectionReader) {
        reader.integer("max_bootstrapped_demos", in: 0...(.max), into: &maxBootstrappedDemos)
        reader.integer("max_labeled_demos", in: 0...(.max), into: &maxLabeledDemos)
        reader.integer("max_rounds", in: 1...100, into: &maxRounds)
        reader.number("metric_threshold", into: &metricThreshold)
        reader.state("teacher", into: &teacher)
    }

    var members: JSONObject {
        [
            "max_bootstrapped_demos": .int(maxBootstrappedDemos), "max_labeled_demos": .int(maxLabeledDemos),
            "max_rounds": .int(maxRounds), "metric_threshold": optional(metricThreshold),
            "teacher": teacher?.json ?? .null,
        ]
    }

    /// Sets the least score where none is set.
    mutating func accept(from threshold: Double) { metricThreshold = metricThreshold ?? threshold }

    func check(_ size: StudySize) -> [Diagnostic] { maxBootstrappedDemos + maxLabeledDemos > 0 ? Self.checkRows(size) : [] }

    static func checkRows(_ size: StudySize) -> [Diagnostic] {
        guard size.train == 0 else { return [] }
        return [Diagnostic(JSONPath([.key("data"), .key("train")]), "has no rows; demos are made of them")]
    }
}
