internal import Hashing
package import JSON

/// Which rows a split holds, without the rows: what stands for them in a stored study.
package struct DataFacts: Sendable, Hashable {
    package var count: Int
    /// SHA-256 over the rows in order, see ``init(rows:)``.
    package var hash: String

    init(count: Int, hash: String) {
        self.count = count
        self.hash = hash
    }

    /// The hash is that of the rows' hashes, one a line; a row's hash is that of its canonical JSON. So neither the file's
    /// format nor its white space counts.
    package init(rows: [JSONObject]) {
        self.init(count: rows.count, hash: sha256(rows.map { rowHash($0) + "\n" }.joined()))
    }

    package var json: JSON { ["rows": .int(count), "sha256": .string(hash)] }

    init(json: JSON, at path: JSONPath) throws(Diagnostic) {
        guard let count = json["rows"]?.intValue, let hash = json["sha256"]?.stringValue else {
            throw Diagnostic(path, "not a stored data set")
        }
        self.init(count: count, hash: hash)
    }
}

/// The identity of a row: SHA-256 of its canonical JSON.
package func rowHash(_ row: JSONObject) -> String { sha256(JSON.object(row).bytes(.canonical)) }
