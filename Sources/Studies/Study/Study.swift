package import JSON
package import Optimizers

/// A resolved, validated, self-contained study: what a coordinator or worker needs, except the rows and the keys.
package struct Study: Sendable {
    /// The version of the study file's format, and of ``json``.
    package static let formatVersion = 1
    /// What a study has that says nothing.
    package static let defaultPriority = 10
    package static let priorities = 1...100

    package var name: String
    package var seed: UInt64
    package var models: StudyModels
    package var program: StudyProgram
    /// What the program may use beside its language models.
    package var services: StudyServices
    /// Nil where the command needs none (`run`).
    package var data: StudyData?
    /// The study file's section, for `metric(section:outputs:)`. Nil where the command needs none (`run`).
    package var metric: JSON?
    /// Nil where the command needs none (`run`, `evaluate`).
    package var optimizer: OptimizerSettings?
    /// What may be spent; no part of the fingerprint.
    package var budget: Budget?
    /// Its share of the team's workers is in proportion to this, 1…100; no part of the fingerprint.
    package var priority = defaultPriority
    /// SHA-256 of the files beside the study file that a metric's command names, by the argument: another script is another metric.
    package var metricFiles: [String: String] = [:]
    /// The study file's folder, in which a metric's process starts; no part of the fingerprint.
    package var folder: String?

    package init(
        name: String, seed: UInt64, models: StudyModels, program: StudyProgram, services: StudyServices = StudyServices(),
        data: StudyData?, metric: JSON?, optimizer: OptimizerSettings?, folder: String? = nil
    ) {
        self.name = name
        self.seed = seed
        self.models = models
        self.program = program
        self.services = services
        self.data = data
        self.metric = metric
        self.optimizer = optimizer
        self.folder = folder
    }
}

extension Study: Equatable {
    package static func == (left: Study, right: Study) -> Bool { left.json == right.json }
}
