internal import Foundation
internal import JSON

/// A file of rows: JSON Lines, a JSON array of objects, or CSV; the name's ending says which.
struct DataFile {
    /// Something wrong with a line of a data file.
    struct Fault: Error, Equatable {
        /// From 1; nil: the whole file.
        var line: Int?
        var message: String
    }

    /// Absolute.
    let path: String
    private(set) var rows: [DataRow] = []
    private(set) var faults: [Fault] = []

    init(path: String) {
        self.path = path
        guard let data = FileManager.default.contents(atPath: path) else {
            faults = [Fault(line: nil, message: Self.absence(of: path))]
            return
        }
        let bytes = Self.withoutByteOrderMark([UInt8](data))
        switch URL(fileURLWithPath: path).pathExtension.lowercased() {
        case "jsonl", "ndjson": (rows, faults) = readJSONLines(bytes)
        case "json": (rows, faults) = readJSONArray(bytes)
        case "csv": (rows, faults) = readCSV(bytes)
        case let ending:
            let message = "unknown file type '.\(ending)'; allowed: .jsonl, .ndjson (JSON Lines), .json (an array), .csv"
            faults = [Fault(line: nil, message: message)]
        }
        faults += rows.filter { JSON.object($0.fields).isUnstorable }.map { Fault(line: $0.line, message: unstorableText) }
    }

    static func withoutByteOrderMark(_ bytes: [UInt8]) -> [UInt8] {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    /// Why a file cannot be read, with the nearest name in its folder.
    static func absence(of path: String) -> String {
        let manager = FileManager.default
        var isFolder: ObjCBool = false
        if manager.fileExists(atPath: path, isDirectory: &isFolder) {
            return isFolder.boolValue ? "is a folder, not a file" : "cannot be read; check its permissions"
        }
        let url = URL(fileURLWithPath: path)
        let neighbours = (try? manager.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)) ?? []
        let hint = nearestName(to: url.lastPathComponent, in: neighbours).map { "; did you mean '\($0)'?" } ?? ""
        return "no such file" + hint
    }
}
