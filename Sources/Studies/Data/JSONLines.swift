internal import JSON

/// Rows of JSON Lines; blank lines are skipped.
func readJSONLines(_ bytes: [UInt8]) -> (rows: [DataRow], faults: [DataFile.Fault]) {
    var rows: [DataRow] = []
    var faults: [DataFile.Fault] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
        guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { continue }
        do {
            let value = try JSON(parsing: Array(line))
            if let fields = value.objectValue {
                rows.append(DataRow(fields: fields, line: index + 1))
            } else {
                faults.append(.init(line: index + 1, message: "a row must be an object such as {…}, found \(value.kindName)"))
            }
        } catch {
            faults.append(.init(line: index + 1, message: "broken JSON: \(error.message) at column \(error.offset + 1)"))
        }
    }
    return (rows, faults)
}
