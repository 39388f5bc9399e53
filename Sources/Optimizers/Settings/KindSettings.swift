package import JSON
package import Programs

/// What a study file says of one kind of optimiser, and the search that it makes.
///
/// A kind is a folder of this target and one line in ``OptimizerSettings/kinds``; nothing else knows it.
package protocol KindSettings: Sendable, Equatable {
    /// As the study file writes it: `mipro`.
    static var name: String { get }

    /// Reads the section, reporting what is wrong with it. What is not said has DSPy's default.
    init(_ reader: inout SectionReader)

    /// Every setting with its default filled in, those without effect too. Read again as stored, it gives equal settings.
    var members: JSONObject { get }

    /// The roles whose models its work calls, beside `task`.
    var roles: Set<Role> { get }

    /// Whether the provider of the role `task` is asked to train models.
    var trainsModels: Bool { get }

    /// The outputs of the program that the section names, with their keys.
    var namedOutputs: [(key: String, output: String)] { get }

    /// How many runs of the program on a validation example its search is expected to need beyond the baseline's.
    func plannedExamples(_ size: StudySize) -> Int

    /// What does not fit the data; empty when all is well.
    func check(_ size: StudySize, path: JSONPath) -> [Diagnostic]

    /// Sets the least score of a demo where the study says nothing about it.
    mutating func acceptDemos(from threshold: Double)

    /// Whether its search takes in the team's earlier candidates by itself. Those of another kind are compared beside it.
    var beginsWithEarlier: Bool { get }

    /// The search of one study.
    func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy
}

extension KindSettings {
    package var trainsModels: Bool { false }

    package var beginsWithEarlier: Bool { false }

    package func check(_ size: StudySize, path: JSONPath) -> [Diagnostic] { [] }

    package mutating func acceptDemos(from threshold: Double) {}

    package var namedOutputs: [(key: String, output: String)] { [] }

    /// For whoever has ``members`` as a study file's section.
    var named: JSONObject { JSONObject([("kind", .string(Self.name))]).merging(members) }
}

/// How much of everything a study has.
package struct StudySize: Sendable, Hashable {
    /// nil where the rows are not known.
    package var train: Int?
    package var val: Int
    package var test: Int
    package var predictors: Int
    /// What the program leaves to the optimiser beside instructions and demos.
    package var parameters: Int
    /// The study's own width.
    package var width: Int?

    package init(train: Int? = nil, val: Int, test: Int = 0, predictors: Int = 1, parameters: Int = 0, width: Int? = nil) {
        self.train = train
        self.val = val
        self.test = test
        self.predictors = predictors
        self.parameters = parameters
        self.width = width
    }
}
