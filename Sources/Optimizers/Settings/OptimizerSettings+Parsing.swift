package import JSON

extension OptimizerSettings {
    /// Keys of DSPy and of other sections, with what to do instead.
    static let hints = [
        "seed": "the seed belongs to the whole study; write `seed:` at the top level",
        "num_threads": "how many examples run at once is a matter of the command: --workers and --concurrency",
        "prompt_model": "write it as `lm: {prompt: …}`",
        "task_model": "write it as `lm: {task: …}`",
        "teacher_settings": "write it as `lm: {teacher: …}`",
        "max_errors": "errors are outcomes here, not a count; see failure_score and min_coverage",
        "metric": "write it at the top level: `metric: {kind: …}`",
        "log_dir": "everything is kept in the database; see `nightshift trials`",
        "track_stats": "everything is kept in the database; see `nightshift trials`",
        "verbose": "use --log-level",
        "requires_permission_to_run": "a study starts when the command is given",
        "provide_traceback": "errors are kept with their examples; see `nightshift trials`",
        "eval_kwargs": "how candidates are evaluated is set by failure_score, min_coverage and width",
        "teacher": "write the teacher's model as `lm: {teacher: …}`",
        "trainset": "write it at the top level: `data: {train: …}`",
        "valset": "write it at the top level: `data: {val: …}`",
        "devset": "write it at the top level: `data: {val: …}`",
    ]

    /// Reads the section; nil is MIPRO with its defaults.
    /// - Parameters:
    ///   - path: where the section stands in its file.
    ///   - isStored: whether it is what ``json`` has written, where settings without effect stand beside the others.
    /// - Throws: everything that is wrong with it, each with the key and what would mend it.
    package init(
        section: JSON?, path: JSONPath = JSONPath([.key("optimizer")]), isStored: Bool = false
    ) throws(Diagnostics) {
        guard let section else {
            self.init(kind: MIPROSettings())
            return
        }
        guard let members = section.objectValue else {
            throw Diagnostics([Diagnostic(path, "expected an object such as {kind: mipro, auto: light}, not \(section.kindName)")]
            )
        }
        let kind = try Self.kind(members, among: Self.kinds, path: path)
        var reader = SectionReader(members, path: path, isStored: isStored)
        self.init(kind: kind.init(&reader))
        reader.integer("width", in: 1...(.max), into: &width)
        reader.number("failure_score", into: &failureScore)
        if !isStored, abs(failureScore) > 1e12 {
            reader.report("failure_score", "\(failureScore) is out of range; give a number from -1e12 to 1e12")
        }
        reader.number("min_coverage", into: &minCoverage)
        if !(0...1).contains(minCoverage) {
            reader.report("min_coverage", "\(minCoverage) is no share; give a number from 0 to 1")
        }
        reader.number("target_score", into: &targetScore)
        if let targetScore, !(0...1).contains(targetScore) {
            reader.report("target_score", "\(targetScore) is no fraction; give a number from 0 to 1, such as 0.8 for 80 %")
        }
        reader.integer("patience", in: 1...(.max), into: &patience)
        reader.integer("warm_start", in: 0...100, into: &warmStart)
        reader.finish(kind: kind.name, hints: Self.hints)
        if !reader.found.isEmpty { throw Diagnostics(reader.found) }
    }

    /// - Parameter kinds: those that may be named.
    static func kind(
        _ members: JSONObject, among kinds: [any KindSettings.Type], path: JSONPath
    ) throws(Diagnostics) -> any KindSettings.Type {
        let available = kinds.map { $0.name }
        let choice = "available: \(available.joined(separator: ", "))"
        let place = path.appending("kind")
        guard let value = members["kind"] else { throw Diagnostics([Diagnostic(place, "is missing; \(choice)")]) }
        guard let name = value.stringValue else {
            throw Diagnostics([Diagnostic(place, "expected an optimizer's name, not \(value.kindName); \(choice)")])
        }
        if let kind = kinds.first(where: { $0.name == name }) { return kind }
        let hint = nearestName(to: name, in: available).map { "did you mean '\($0)'? " } ?? ""
        throw Diagnostics([Diagnostic(place, "'\(name)' is no optimizer; \(hint)\(choice)")])
    }
}
