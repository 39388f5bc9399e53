internal import JSON
internal import Optimizers
internal import ProgramMetrics
internal import Programs

extension StudyResolver {
    mutating func resolveOptimizer(
        data: Data, metric: JSON?, program: StudyProgram?, models: StudyModels?
    ) -> OptimizerSettings? {
        let path = JSONPath([.key("optimizer")])
        var section = file.root["optimizer"]
        if section?.isNull == true { section = nil }
        if section == nil { notes.append("optimizer is not given: mipro with its defaults (auto: light)") }
        section = section.map { withTeacher($0, of: program, at: path) }
        var settings: OptimizerSettings
        do {
            settings = try OptimizerSettings(section: section, path: path)
        } catch {
            take(error.all)
            return nil
        }
        // What is wrong with the data is told already.
        if let train = data.rows[.train], let val = data.rows[.val], data.broken.isDisjoint(with: [.train, .val]) {
            take(settings.check(StudySize(train: train.count, val: val.count), path: path))
        }
        if let threshold = metric.flatMap({ acceptanceThreshold(section: $0) }) { settings.acceptDemos(from: threshold) }
        check(settings, program, models, at: path)
        return settings
    }

    private mutating func check(
        _ settings: OptimizerSettings, _ program: StudyProgram?, _ models: StudyModels?, at path: JSONPath
    ) {
        if let models, models.embedding == nil, settings.kind.roles.contains(.embedding) {
            refuse(
                JSONPath([.key("lm"), .key("embedding")]),
                "is missing, and the optimizer \(settings.name) needs it; "
                    + "write 'embedding: {model: openai/text-embedding-3-small}'")
        }
        for (key, output) in settings.kind.namedOutputs {
            guard let known = program?.outputNames, !known.contains(output) else { continue }
            refuse(path.appending(key), unknown("output", output, known: known))
        }
    }

    /// The section with what the teacher's file holds in its place, also of the section in it: another file is another study,
    /// wherever it lies.
    private mutating func withTeacher(_ section: JSON, of program: StudyProgram?, at path: JSONPath) -> JSON {
        guard var members = section.objectValue else { return section }
        if let inner = members["programs"] {
            members["programs"] = withTeacher(inner, of: program, at: path.appending("programs"))
        }
        if let name = members["teacher"]?.stringValue, let program {
            let file = file.resolve(name)
            do {
                let state = StateFile(predictors: program.predictors, parameters: program.parameters)
                members["teacher"] = try state.load(from: file).json
            } catch {
                refuse(path.appending("teacher"), "\(file): \(error)")
                members["teacher"] = nil
            }
        }
        return .object(members)
    }
}
