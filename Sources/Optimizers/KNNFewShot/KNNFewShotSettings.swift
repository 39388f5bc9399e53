package import JSON
package import Programs

/// DSPy's KNNFewShot.
package struct KNNFewShotSettings: KindSettings {
    package static let name = "knn_few_shot"

    /// How many training rows are chosen for an input.
    package var k = 3
    package var demos = DemoSettings(maxBootstrappedDemos: 4, maxLabeledDemos: 16)

    package init() {}

    package init(_ reader: inout SectionReader) {
        reader.integer("k", in: 1...10_000, into: &k)
        demos.read(&reader)
        if demos.maxBootstrappedDemos + demos.maxLabeledDemos == 0 {
            reader.report(
                "max_labeled_demos", "with max_bootstrapped_demos: 0 nothing would be shown; give one of them at least 1")
        }
        reader.hint(["vectorizer": "write it as `lm: {embedding: {model: …}}`", "trainset": "write it as `data: {train: FILE}`"])
    }

    package var members: JSONObject { JSONObject([("k", .int(k))]).merging(demos.members) }

    package var roles: Set<Role> { demos.maxBootstrappedDemos > 0 ? [.teacher, .embedding] : [.embedding] }

    package mutating func acceptDemos(from threshold: Double) { demos.accept(from: threshold) }

    package func check(_ size: StudySize, path: JSONPath) -> [Diagnostic] { demos.check(size) }

    package func plannedExamples(_ size: StudySize) -> Int { size.val }

    package func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy { KNNFewShot(facts: facts, settings: self) }
}
