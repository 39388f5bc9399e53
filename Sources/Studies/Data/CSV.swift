internal import JSON

/// Rows of comma-separated values (RFC 4180) under a header row. Every cell is a string; lines without any text are
/// skipped.
func readCSV(_ bytes: [UInt8]) -> (rows: [DataRow], faults: [DataFile.Fault]) {
    var parser = CSVParser(bytes: bytes)
    var header: [String]?
    var rows: [DataRow] = []
    var faults: [DataFile.Fault] = []
    do throws(DataFile.Fault) {
        while let (cells, line) = try parser.nextRecord() {
            guard let names = header else {
                header = try checkedHeader(cells, line: line)
                continue
            }
            guard cells.count == names.count else {
                faults.append(.init(line: line, message: "\(cells.count) cells, but the header has \(names.count) columns"))
                continue
            }
            rows.append(DataRow(fields: JSONObject(zip(names, cells.map(JSON.string))), line: line))
        }
    } catch {
        faults.append(error)
    }
    return (rows, faults)
}

private func checkedHeader(_ names: [String], line: Int) throws(DataFile.Fault) -> [String] {
    var seen: Set<String> = []
    for name in names {
        guard !name.isEmpty else { throw .init(line: line, message: "a column of the header has no name") }
        guard seen.insert(name).inserted else { throw .init(line: line, message: "the column '\(name)' is there twice") }
    }
    return names
}

private struct CSVParser {
    let bytes: [UInt8]
    var position = 0
    var line = 1

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The cells of the next record that is not blank, and the line on which it starts.
    mutating func nextRecord() throws(DataFile.Fault) -> (cells: [String], line: Int)? {
        while position < bytes.count {
            let start = line
            var cells = [try cell()]
            while position < bytes.count, bytes[position] == UInt8(ascii: ",") {
                position += 1
                cells.append(try cell())
            }
            skipLineEnd()
            if cells != [""] { return (cells, start) }
        }
        return nil
    }

    private mutating func skipLineEnd() {
        if position < bytes.count, bytes[position] == UInt8(ascii: "\r") { position += 1 }
        if position < bytes.count, bytes[position] == UInt8(ascii: "\n") { position += 1 }
        line += 1
    }

    private var atCellEnd: Bool {
        guard position < bytes.count else { return true }
        let byte = bytes[position]
        return byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
    }

    private mutating func cell() throws(DataFile.Fault) -> String {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            let start = position
            while !atCellEnd { position += 1 }
            return try text(bytes[start..<position], line: line)
        }
        let start = line
        var content: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                    guard atCellEnd else {
                        throw .init(line: line, message: "text after a closing quote; double it inside a cell")
                    }
                    return try text(content[...], line: start)
                }
                position += 1
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
            content.append(byte)
        }
        throw .init(line: start, message: "a quoted cell is not closed")
    }

    private func text(_ slice: ArraySlice<UInt8>, line: Int) throws(DataFile.Fault) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw .init(line: line, message: "is not UTF-8 text")
        }
        return text
    }
}
