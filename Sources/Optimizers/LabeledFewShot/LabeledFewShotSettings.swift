package import JSON
package import Programs

/// DSPy's LabeledFewShot.
package struct LabeledFewShotSettings: KindSettings {
    package static let name = "labeled_few_shot"

    /// How many training rows each predictor shows.
    package var k = 16
    /// Whether they are a sample; if not, the first ones.
    package var sample = true

    package init() {}

    package init(_ reader: inout SectionReader) {
        reader.integer("k", in: 1...(.max), into: &k)
        reader.flag("sample", into: &sample)
    }

    package var members: JSONObject { ["k": .int(k), "sample": .bool(sample)] }

    package var roles: Set<Role> { [] }

    package func check(_ size: StudySize, path: JSONPath) -> [Diagnostic] { DemoSettings.checkRows(size) }

    package func plannedExamples(_ size: StudySize) -> Int { size.val }

    package func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy { LabeledFewShot(facts: facts, settings: self) }
}
