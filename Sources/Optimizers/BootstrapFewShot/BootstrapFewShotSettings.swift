package import JSON
package import Programs

/// DSPy's BootstrapFewShot.
package struct BootstrapFewShotSettings: KindSettings {
    package static let name = "bootstrap_few_shot"

    package var demos = DemoSettings(maxBootstrappedDemos: 4, maxLabeledDemos: 16)

    package init() {}

    package init(_ reader: inout SectionReader) { demos.read(&reader) }

    package var members: JSONObject { demos.members }

    package var roles: Set<Role> { [.teacher] }

    package mutating func acceptDemos(from threshold: Double) { demos.accept(from: threshold) }

    package func check(_ size: StudySize, path: JSONPath) -> [Diagnostic] { demos.check(size) }

    package func plannedExamples(_ size: StudySize) -> Int { size.val }

    package func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy { BootstrapFewShot(facts: facts, settings: self) }
}
