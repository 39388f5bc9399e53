internal import JSON
internal import Optimizers
internal import Programs
internal import Retrieval

/// One pass over a study file: every section is checked, whatever is wrong with the others.
struct StudyResolver {
    static let keys = ["nightshift", "name", "seed", "lm", "program", "data", "metric", "optimizer", "budget", "priority", "cache"]

    let file: StudyFile
    let needs: StudyNeeds
    let swiftMetricNames: [String]?
    var findings: [StudyFileError.Finding] = []
    var notes: [String] = []
    /// By hash.
    var corpora: [String: Corpus] = [:]

    init(file: StudyFile, needs: StudyNeeds, swiftMetricNames: [String]? = nil) {
        self.file = file
        self.needs = needs
        self.swiftMetricNames = swiftMetricNames
    }

    mutating func resolve(
        swiftProgramNames: [String], swiftProgram: (String) -> (any ProgramHost)?,
        checkModel: (ModelSpec, Role) throws(Diagnostic) -> Void
    ) throws(StudyFileError) -> ResolvedStudy {
        try checkVersion()
        var root = Section(.object(file.root), at: JSONPath(), keys: Self.keys)
        let name = resolveName(&root)
        let seed = root.int("seed", atLeast: 0) ?? 0
        let usesCache = root.bool("cache") ?? true
        let priority = resolvePriority(&root)
        take(root)
        var models = resolveModels(checkModel)
        if !usesCache { models?.leaveCache() }
        var data = needs == .run ? declaredInputs() : resolveData()
        let services = resolveServices()
        let program = resolveProgram(inputs: data.inputs, services, names: swiftProgramNames, swiftProgram)
        let metric = needs == .run ? nil : resolveMetric(program: program)
        checkEmbedding(models, services, metric)
        if let program { checkRows(&data, program: program, metric: metric) }
        splitOffValidation(&data)
        let budget = resolveBudget(data: data)
        let optimizer = needs == .compile ? resolveOptimizer(data: data, metric: metric, program: program, models: models) : nil

        guard findings.isEmpty, let name, let models, let program else { throw StudyFileError(findings: sortedFindings) }
        noteLeaks(data)
        let rows = data.rows.filter { isPart($0.key) }.mapValues { $0.map(\.fields) }
        var study = Study(
            name: name, seed: UInt64(seed), models: models, program: program, services: services,
            data: needs == .run
                ? nil
                : StudyData(inputs: data.inputs ?? program.inputNames, splits: rows.mapValues(DataFacts.init(rows:))),
            metric: metric, optimizer: optimizer, folder: file.folder)
        study.metricFiles = metricFiles(metric)
        study.priority = priority
        if needs == .compile { study.budget = budget }
        return ResolvedStudy(
            study: study, rows: rows, corpora: corpora.sorted { $0.key < $1.key }.map(\.value), notes: notes)
    }

    mutating func resolveModelsAlone(
        _ check: (ModelSpec, Role) throws(Diagnostic) -> Void
    ) throws(StudyFileError) -> StudyModels {
        try checkVersion()
        var models = resolveModels(check)
        if file.root["cache"] == false { models?.leaveCache() }
        guard findings.isEmpty, let models else { throw StudyFileError(findings: sortedFindings) }
        return models
    }

    /// A file of another version may have other keys: nothing else is said about it.
    private func checkVersion() throws(StudyFileError) {
        let path = JSONPath([.key("nightshift")])
        let version = Study.formatVersion
        switch file.root["nightshift"] {
        case .int(version): return
        case nil:
            throw StudyFileError(
                findings: [file.finding(Diagnostic(path, "is missing; write 'nightshift: \(version)' at the top of the file"))])
        case let other?:
            let message = "format version \(other.serialized()) is not known; this version reads 'nightshift: \(version)'"
            throw StudyFileError(findings: [file.finding(Diagnostic(path, message))])
        }
    }

    /// The name also names the compiled program's file.
    private func resolveName(_ root: inout Section) -> String? {
        guard let name = root.string("name") else {
            if needs == .run, root["name"] == nil { return file.stem }
            if root["name"] == nil { root.refuse("name", "is missing; name the study, such as 'name: \(file.stem)'") }
            return nil
        }
        guard name.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._-]{0,99}/) != nil else {
            root.refuse("name", "must be letters, digits, '.', '_' and '-', up to 100 of them, found '\(name)'")
            return nil
        }
        return name
    }

    /// Keeps what a section was found to have wrong.
    mutating func take(_ section: Section) { take(section.findings) }

    mutating func take(_ diagnostics: [Diagnostic], under path: JSONPath = JSONPath()) {
        findings += diagnostics.map { file.finding(Diagnostic(JSONPath(path.steps + $0.path.steps), $0.message)) }
    }

    mutating func refuse(_ path: JSONPath, _ message: String) { take([Diagnostic(path, message)]) }

    /// Those of the study file in line order, then the others as they were found.
    private var sortedFindings: [StudyFileError.Finding] {
        let own = findings.filter { $0.file == file.path }.enumerated()
        let ordered = own.sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }
        return ordered.map(\.element) + findings.filter { $0.file != file.path }
    }
}
