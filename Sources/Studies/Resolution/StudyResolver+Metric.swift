internal import JSON
internal import Metrics

extension StudyResolver {
    /// - Returns: the section; nil where it is wrong, or the program that it judges is.
    mutating func resolveMetric(program: StudyProgram?) -> JSON? {
        let path = JSONPath([.key("metric")])
        guard let section = file.root["metric"], !section.isNull else {
            refuse(path, "is missing; write 'metric: {kind: exact_match, field: NAME}'")
            return nil
        }
        guard let program else { return nil }
        do {
            _ = try metric(section: section, outputs: program.outputNames)
            return section
        } catch {
            take(error.all, under: path)
            return nil
        }
    }
}
