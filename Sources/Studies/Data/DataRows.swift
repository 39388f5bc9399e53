package import JSON

/// The rows of a data file: JSON Lines, a JSON array of objects, or CSV; the name's ending says which.
/// - Throws: everything that is wrong with it, as `FILE:LINE: what is wrong`.
package func readRows(inFile path: String) throws(Diagnostics) -> [JSONObject] {
    let file = DataFile(path: path)
    guard file.faults.isEmpty else {
        throw Diagnostics(file.faults.map { Diagnostic(JSONPath(), "\(path)\($0.line.map { ":\($0)" } ?? ""): \($0.message)") })
    }
    return file.rows.map(\.fields)
}
