private import Foundation
internal import Hashing
internal import JSON
internal import ProgramMetrics
internal import Programs

extension StudyResolver {
    /// - Returns: the section with its fields named; nil where it is wrong, or the program that it judges is.
    mutating func resolveMetric(program: StudyProgram?) -> JSON? {
        let path = JSONPath([.key("metric")])
        guard let section = file.root["metric"], !section.isNull else {
            refuse(path, "is missing; write 'metric: {kind: exact_match, field: NAME}'")
            return nil
        }
        guard let program else { return nil }
        do {
            let completed = try completedMetricSection(section, outputs: program.outputNames)
            checkRegistration(of: completed, at: path)
            return completed
        } catch {
            take(error.all, under: path)
            return nil
        }
    }

    private mutating func checkRegistration(of section: JSON, at path: JSONPath) {
        guard let known = swiftMetricNames else { return }
        for name in registeredMetricNames(section: section) where !known.contains(name) {
            refuse(
                path,
                known.isEmpty
                    ? "no Swift metric is registered in this executable; use the one that registers '\(name)'"
                    : unknown("Swift metric", name, known: known))
        }
    }

    /// The hashes of the files that the commands of `metric` and of its parts name, such as the `judge.py` of
    /// `[python3, judge.py]`.
    func metricFiles(_ metric: JSON?) -> [String: String] {
        guard let metric else { return [:] }
        var hashes: [String: String] = [:]
        for argument in (metric["command"]?.arrayValue ?? []).compactMap(\.stringValue)
        where !argument.hasPrefix("-") && !argument.hasPrefix("/") {
            if let data = FileManager.default.contents(atPath: file.resolve(argument)) {
                hashes[argument] = sha256([UInt8](data))
            }
        }
        for part in metric["weighted"]?.arrayValue ?? [] { hashes.merge(metricFiles(part["metric"])) { first, _ in first } }
        return hashes
    }

    /// Embeddings have no default model.
    mutating func checkEmbedding(_ models: StudyModels?, _ services: StudyServices, _ metric: JSON?) {
        guard let models, models.embedding == nil else { return }
        let user =
            services.needsEmbeddingModel
            ? "a retriever" : metric.map { requiredRoles(section: $0).contains(.embedding) } ?? false ? "the metric" : nil
        if let user {
            refuse(
                JSONPath([.key("lm"), .key("embedding")]),
                "is missing, and \(user) needs it; write 'embedding: {model: openai/text-embedding-3-small}'")
        }
    }
}
