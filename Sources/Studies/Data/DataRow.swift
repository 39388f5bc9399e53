internal import JSON

/// One row of a data file.
struct DataRow {
    var fields: JSONObject
    /// The line on which it starts, from 1.
    var line: Int
}
