public import JSON
public import Programs
internal import Studies

extension Example {
    /// The rows of a file: JSON Lines, a JSON array of objects, or CSV; the name's ending says which.
    /// - Parameter inputs: the fields that the program is given; metrics compare with the others.
    /// - Throws: everything that is wrong with the file, and rows that lack an input.
    public static func load(_ path: String, inputs: [String]) throws(Diagnostics) -> [Example] {
        let rows = try readRows(inFile: path)
        let faults = rows.enumerated().flatMap { number, row in
            inputs.filter { row[$0] == nil }.map { Diagnostic(JSONPath(), "\(path): row \(number + 1) has no field '\($0)'") }
        }
        guard faults.isEmpty else { throw Diagnostics(faults) }
        return rows.map { Example(fields: $0, inputKeys: inputs) }
    }
}
