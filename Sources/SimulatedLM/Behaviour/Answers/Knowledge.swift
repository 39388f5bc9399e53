package import JSON

/// What the simulated LM knows before it reads a prompt: rows of a data set with the prompt's field names.
package struct Knowledge: Sendable {
    package static let none = Knowledge(rows: [])

    let rows: [JSONObject]

    package init(rows: [JSONObject]) { self.rows = rows }

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
        self.rows = rows
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
