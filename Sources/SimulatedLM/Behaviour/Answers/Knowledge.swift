package import JSON

/// What the simulated LM knows before it reads a prompt: rows of a data set with the prompt's field names.
package struct Knowledge: Sendable {
    package static let none = Knowledge(rows: [])

    let rows: [JSONObject]
    /// Rows by field name and value.
    private let places: [UInt64: Int]
    /// How often prompts of each form were trained on.
    private let practice: [PromptForm: Int]

    package init(rows: [JSONObject]) { self.init(rows: rows, practice: [:]) }

    private init(rows: [JSONObject], practice: [PromptForm: Int]) {
        self.rows = rows
        self.practice = practice
        places = rows.enumerated().reduce(into: [:]) { places, row in
            for (name, value) in row.element {
                if let text = value.stringValue { places[Self.place(name, text)] = places[Self.place(name, text)] ?? row.offset }
            }
        }
    }

    /// What is taught goes before what was known.
    func adding(_ lessons: Lessons) -> Knowledge {
        Knowledge(rows: lessons.rows + rows, practice: practice.merging(lessons.practice, uniquingKeysWith: +))
    }

    /// How used the model is to prompts of a form: 0…1, a half at 40 lessons.
    func familiarity(_ form: PromptForm) -> Double {
        let lessons = Double(practice[form] ?? 0)
        return lessons / (lessons + 40)
    }

    private static func place(_ name: String, _ text: String) -> UInt64 {
        Digest(seed: 0x9A).combining(name).combining(trimmed(text)).value
    }

    /// The row that agrees with all of `inputs` it has, and has at least one.
    func row(for inputs: Sections) -> JSONObject? {
        for (name, body) in zip(inputs.names, inputs.bodies) {
            guard let row = places[Self.place(name, body)].map({ rows[$0] }) else { continue }
            let agrees = zip(inputs.names, inputs.bodies).allSatisfy { name, body in
                row[name]?.stringValue.map { trimmed($0) == body } ?? true
            }
            if agrees { return row }
        }
        return nil
    }

    /// Reads JSON Lines. Throws a ``Diagnostic`` that names the line.
    package init(parsing text: String) throws(Diagnostic) {
        var rows: [JSONObject] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard line.contains(where: { !$0.isWhitespace }) else { continue }
            let place = "knowledge file, line \(number + 1)"
            let value: JSON
            do throws(JSONSyntaxError) {
                value = try JSON(parsing: String(line))
            } catch {
                throw Diagnostic(JSONPath(), "\(place): \(error)")
            }
            guard let row = value.objectValue else {
                throw Diagnostic(JSONPath(), "\(place): expected an object of fields, found \(value.kindName)")
            }
            rows.append(row)
        }
        self.init(rows: rows)
    }

    /// Input text and label of every row that has `output` among `labels` and at least one of `inputs`.
    func examples(inputs: [String], output: String, labels: [String]) -> [(text: String, label: Int)] {
        rows.compactMap { row in
            guard let value = row[output], let label = labels.firstIndex(of: PythonLiterals.spelling(of: value)) else {
                return nil
            }
            let texts = inputs.compactMap { row[$0]?.stringValue }
            return texts.isEmpty ? nil : (texts.joined(separator: "\n"), label)
        }
    }
}
