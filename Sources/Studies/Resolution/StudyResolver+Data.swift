internal import JSON
internal import Optimizers
internal import ProgramMetrics
internal import Programs

extension StudyResolver {
    /// The data section under resolution.
    struct Data {
        /// Nil: the program's own.
        var inputs: [String]?
        var rows: [Split: [DataRow]] = [:]
        /// The file of each split that was read.
        var files: [Split: String] = [:]
        /// Splits whose file could not be read whole: nothing more is said about them.
        var broken: Set<Split> = []
    }

    static let dataPath = JSONPath([.key("data")])
    private static let dataKeys = ["train", "val", "test", "inputs"]
    /// A file that is wrong throughout is not told line by line.
    private static let faultLimit = 5

    /// Only `data.inputs`: for a command that reads no rows.
    mutating func declaredInputs() -> Data {
        guard let value = file.root["data"], !value.isNull else { return Data() }
        var section = Section(value, at: Self.dataPath, keys: Self.dataKeys)
        let inputs = section.strings("inputs")
        take(section)
        return Data(inputs: inputs)
    }

    mutating func resolveData() -> Data {
        guard let value = file.root["data"], !value.isNull else {
            refuse(Self.dataPath, "is missing; write 'data: {train: FILE.jsonl, inputs: [NAME]}'")
            return Data()
        }
        var section = Section(value, at: Self.dataPath, keys: Self.dataKeys)
        var data = Data(inputs: section.strings("inputs"))
        if data.inputs?.isEmpty == true { section.refuse("inputs", "is empty; name the fields that the program gets") }
        let paths = StudyData.splitOrder.reduce(into: [Split: String]()) { paths, split in
            paths[split] = section.string(split.rawValue)
        }
        if value.objectValue != nil {
            for split in requiredSplits(hasValidation: section["val"] != nil) where section[split.rawValue] == nil {
                section.refuse(split.rawValue, "is missing; name a .jsonl, .json or .csv file")
            }
        }
        take(section)
        for split in StudyData.splitOrder where isNeeded(split, hasValidation: section["val"] != nil) {
            if let path = paths[split] { read(split, path, into: &data) }
        }
        return data
    }

    private func requiredSplits(hasValidation: Bool) -> [Split] {
        switch needs {
        case .compile: [.train]
        case .evaluate(.val): [hasValidation ? .val : .train]
        case .evaluate(let split): [split]
        case .run: []
        }
    }

    private func isNeeded(_ split: Split, hasValidation: Bool) -> Bool {
        needs == .compile || requiredSplits(hasValidation: hasValidation).contains(split)
    }

    /// Whether the command's rows include the split; its rows may have been read only to be divided.
    func isPart(_ split: Split) -> Bool {
        switch needs {
        case .compile: true
        case .evaluate(let wanted): split == wanted
        case .run: false
        }
    }

    private mutating func read(_ split: Split, _ relative: String, into data: inout Data) {
        let path = file.resolve(relative)
        let source = DataFile(path: path)
        data.files[split] = path
        data.rows[split] = source.rows
        if !source.faults.isEmpty { data.broken.insert(split) }
        take(source.faults, of: path, split)
        if source.faults.isEmpty, source.rows.isEmpty {
            refuse(Self.dataPath.appending(split.rawValue), "\(path) has no rows")
            data.broken.insert(split)
        }
    }

    private mutating func take(_ faults: [DataFile.Fault], of path: String, _ split: Split) {
        for fault in faults.prefix(Self.faultLimit) {
            if let line = fault.line {
                findings.append(.init(file: path, line: line, path: JSONPath(), message: fault.message))
            } else {
                refuse(Self.dataPath.appending(split.rawValue), "\(path): \(fault.message)")
            }
        }
        let more = faults.count - Self.faultLimit
        if more > 0 {
            findings.append(.init(file: path, line: nil, path: JSONPath(), message: "and \(more) more lines like these"))
        }
    }

    /// Every row must have the program's inputs and what the metric needs.
    mutating func checkRows(_ data: inout Data, program: StudyProgram, metric: JSON?) {
        let inputs = data.inputs ?? program.inputNames
        let labels = metric.map { requiredLabels(section: $0, outputs: program.outputNames) } ?? []
        for split in StudyData.splitOrder where !data.broken.contains(split) {
            guard let rows = data.rows[split], let path = data.files[split] else { continue }
            var faults: [DataFile.Fault] = []
            for row in rows {
                for (names, use) in [(inputs, "an input of the program"), (labels, "which the metric needs")] {
                    for name in names where row.fields[name] == nil {
                        let hint = nearestName(to: name, in: row.fields.keys).map { "did you mean '\($0)'? " } ?? ""
                        let message = "no field '\(name)', \(use); \(hint)the row has: \(listing(row.fields.keys))"
                        faults.append(.init(line: row.line, message: message))
                    }
                }
            }
            if !faults.isEmpty { data.broken.insert(split) }
            take(faults, of: path, split)
        }
    }

    /// Without validation data the last 80 % of the training rows, at most 1000, are taken for it, as DSPy does.
    mutating func splitOffValidation(_ data: inout Data) {
        guard needs == .compile || needs == .evaluate(.val) || needs == .evaluate(.train),
            file.root["data"]?["val"]?.stringValue == nil, let rows = data.rows[.train], !data.broken.contains(.train)
        else { return }
        guard rows.count >= 2 else {
            refuse(Self.dataPath.appending("train"), "one row cannot serve as training and validation data; name data.val")
            return
        }
        let count = min(1000, max(1, Int(0.8 * Double(rows.count))))
        data.rows[.val] = Array(rows.suffix(count))
        data.rows[.train] = Array(rows.dropLast(count))
        notes.append(
            "data.val is not given: the last \(count) of the \(rows.count) rows of data.train are used for validation, "
                + "\(rows.count - count) remain for training")
    }

    /// Rows that were trained on say little about new ones.
    mutating func noteLeaks(_ data: Data) {
        guard let train = data.rows[.train], needs == .compile else { return }
        let known = Set(train.map { rowHash($0.fields) })
        for split in [Split.val, .test] {
            guard let rows = data.rows[split] else { continue }
            let count = rows.count { known.contains(rowHash($0.fields)) }
            if count > 0 {
                notes.append(
                    "\(count) of the \(rows.count) rows of data.\(split.rawValue) are also in data.train: scores on them flatter")
            }
        }
    }
}
