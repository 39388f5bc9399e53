internal import Foundation
package import Retrieval

/// Reads a file of passages: JSON Lines, a JSON array or CSV with a field for the text, or a text with a passage per line.
///
/// - Parameters:
///   - text: the field with the text.
///   - id: the field with the passage's id. nil: `id`, where a row has one.
package func readCorpus(file path: String, text: String = "text", id: String? = nil) throws(CorpusFaults) -> Corpus {
    switch URL(fileURLWithPath: path).pathExtension.lowercased() {
    case "jsonl", "ndjson", "json", "csv": break
    case "txt":
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw CorpusFaults([CorpusFault(message: DataFile.absence(of: path))])
        }
        return try Corpus(lines: [UInt8](bytes))
    case let ending:
        let allowed = ".jsonl, .ndjson (JSON Lines), .json (an array), .csv, .txt (a passage per line)"
        throw CorpusFaults([CorpusFault(message: "unknown file type '.\(ending)'; allowed: \(allowed)")])
    }
    let source = DataFile(path: path)
    guard source.faults.isEmpty else { throw CorpusFaults(source.faults.map { CorpusFault(line: $0.line, message: $0.message) }) }
    return try Corpus(rows: source.rows.map { ($0.fields, $0.line) }, text: text, id: id)
}
