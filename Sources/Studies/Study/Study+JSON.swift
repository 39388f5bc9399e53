package import JSON
internal import Optimizers

extension Study {
    static let folderKey = "folder"
    static let budgetKey = "budget"
    /// The database reads it, too: `study.priority`.
    package static let priorityKey = "priority"

    /// The form in which a study is stored; ``init(json:)`` reads it back.
    package var json: JSON {
        var object: JSONObject = [
            "nightshift": .int(Self.formatVersion),
            "name": .string(name),
            "seed": .int(Int(bitPattern: UInt(seed))),
            "lm": models.json,
            "program": program.json,
        ]
        if !services.isEmpty { object["services"] = services.json }
        object["data"] = data?.json
        object["metric"] = metric
        object["optimizer"] = optimizer?.json
        if !metricFiles.isEmpty {
            object["metric_files"] = .object(
                JSONObject(metricFiles.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        }
        object[Self.budgetKey] = budget?.json
        if priority != Self.defaultPriority { object[Self.priorityKey] = .int(priority) }
        object[Self.folderKey] = folder.map(JSON.string)
        return .object(object)
    }

    /// Rebuilds a stored study.
    /// - Throws: the path and the reason, where `json` is not what ``json`` writes.
    package init(json: JSON) throws(Diagnostic) {
        let root = JSONPath()
        guard json["nightshift"]?.intValue == Self.formatVersion else {
            throw Diagnostic(root.appending("nightshift"), "this version reads studies of format \(Self.formatVersion)")
        }
        guard let name = json["name"]?.stringValue, let seed = json["seed"]?.intValue else {
            throw Diagnostic(root, "not a stored study")
        }
        var data: StudyData?
        if let section = json["data"] { data = try StudyData(json: section, at: root.appending("data")) }
        var optimizer: OptimizerSettings?
        if let section = json["optimizer"] { optimizer = try Self.optimizer(stored: section) }
        self.init(
            name: name, seed: UInt64(UInt(bitPattern: seed)),
            models: try StudyModels(json: json["lm"] ?? .null, at: root.appending("lm")),
            program: try StudyProgram(json: json["program"] ?? .null, at: root.appending("program")),
            services: try StudyServices(json: json["services"] ?? [:], at: root.appending("services")), data: data,
            metric: json["metric"], optimizer: optimizer, folder: json[Self.folderKey]?.stringValue)
        budget = json[Self.budgetKey].flatMap(Budget.init(json:))
        priority = json[Self.priorityKey]?.intValue ?? Self.defaultPriority
        for (name, hash) in json["metric_files"]?.objectValue ?? [:] { metricFiles[name] = hash.stringValue }
    }

    private static func optimizer(stored section: JSON) throws(Diagnostic) -> OptimizerSettings {
        do {
            return try OptimizerSettings(section: section, isStored: true)
        } catch {
            throw error.all.first ?? Diagnostic(JSONPath(), "not stored settings")
        }
    }
}
