internal import JSON
internal import ProgramMetrics

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
            _ = try metric(section: section, outputs: program.outputNames)
            return Self.named(section, outputs: program.outputNames)
        } catch {
            take(error.all, under: path)
            return nil
        }
    }

    /// The defaults filled in, so that naming the only output says nothing new.
    private static func named(_ section: JSON, outputs: [String]) -> JSON {
        var members = section.objectValue ?? JSONObject()
        if members["field"] == nil, outputs.count == 1 { members["field"] = outputs.first.map(JSON.string) }
        if members["label"] == nil { members["label"] = members["field"] }
        return .object(members)
    }
}
