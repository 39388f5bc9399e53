internal import Foundation
package import JSON
package import Retrieval

/// The rows of a data file: JSON Lines, a JSON array of objects, or CSV; the name's ending says which.
/// - Throws: everything that is wrong with it, as `FILE:LINE: what is wrong`.
package func readRows(inFile path: String) throws(Diagnostics) -> [JSONObject] {
    let file = DataFile(path: path)
    guard file.faults.isEmpty else {
        throw Diagnostics(file.faults.map { Diagnostic(JSONPath(), "\(path)\($0.line.map { ":\($0)" } ?? ""): \($0.message)") })
    }
    return file.rows.map(\.fields)
}

/// The passages of a data file, or of a `.txt` file with a passage on each line.
/// - Parameters:
///   - text: the field with a row's text.
///   - id: the field with its id; nil: `id`, where a row has one.
package func readCorpus(inFile path: String, text: String = "text", id: String? = nil) throws(CorpusFaults) -> Corpus {
    if path.hasSuffix(".txt") {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw CorpusFaults([CorpusFault(message: DataFile.absence(of: path))])
        }
        return try Corpus(lines: [UInt8](bytes))
    }
    let file = DataFile(path: path)
    guard file.faults.isEmpty else { throw CorpusFaults(file.faults.map { CorpusFault(line: $0.line, message: $0.message) }) }
    return try Corpus(rows: file.rows.map { ($0.fields, $0.line) }, text: text, id: id)
}
