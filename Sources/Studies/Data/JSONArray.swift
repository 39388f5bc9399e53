internal import JSON

/// Rows of one JSON array of objects.
func readJSONArray(_ bytes: [UInt8]) -> (rows: [DataRow], faults: [DataFile.Fault]) {
    let value: JSON
    do {
        value = try JSON(parsing: bytes)
    } catch {
        let line = bytes.prefix(error.offset).count { $0 == UInt8(ascii: "\n") } + 1
        return ([], [.init(line: line, message: "broken JSON: \(error.message)")])
    }
    guard let elements = value.arrayValue else {
        let message = "expected a list of rows, found \(value.kindName); one object per line is JSON Lines: name it .jsonl"
        return ([], [.init(line: 1, message: message)])
    }
    var rows: [DataRow] = []
    var faults: [DataFile.Fault] = []
    for (element, line) in zip(elements, elementLines(bytes)) {
        if let fields = element.objectValue {
            rows.append(DataRow(fields: fields, line: line))
        } else {
            faults.append(.init(line: line, message: "a row must be an object such as {…}, found \(element.kindName)"))
        }
    }
    return (rows, faults)
}

/// The lines on which the elements of a well-formed array start.
private func elementLines(_ bytes: [UInt8]) -> [Int] {
    var lines: [Int] = []
    var line = 1
    var depth = 0
    var expectsElement = false
    var inString = false
    var position = 0
    while position < bytes.count {
        let byte = bytes[position]
        position += 1
        if inString {
            if byte == UInt8(ascii: "\\") { position += 1 }
            if byte == UInt8(ascii: "\"") { inString = false }
            continue
        }
        switch byte {
        case UInt8(ascii: "\n"): line += 1
        case 0x20, 0x09, 0x0D: break
        case UInt8(ascii: ","):
            if depth == 1 { expectsElement = true }
        case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
        default:
            if depth == 1, expectsElement {
                lines.append(line)
                expectsElement = false
            }
            if byte == UInt8(ascii: "\"") { inString = true }
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
                depth += 1
                if depth == 1 { expectsElement = true }
            }
        }
    }
    return lines
}
