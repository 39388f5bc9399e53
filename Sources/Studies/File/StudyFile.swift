private import Foundation
package import JSON

/// A study file as values with their places: variables expanded, `--set` applied, nothing validated yet.
package struct StudyFile: Sendable {
    /// As the user gave it.
    package let path: String
    package let root: JSONObject
    let places: [JSONPath: Place]

    /// Absolute path of the folder that relative paths in the file start from.
    package var folder: String { URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path }

    /// The file's name without its ending.
    var stem: String { URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent }

    /// The absolute form of a path that the file names.
    func resolve(_ relative: String) -> String {
        URL(fileURLWithPath: relative, relativeTo: URL(fileURLWithPath: folder, isDirectory: true)).standardizedFileURL.path
    }

    /// Reads `path`.
    /// - Parameter sets: `key.path=value` arguments, applied in order.
    package init(path: String, sets: [String] = [], environment: [String: String]) throws(StudyFileError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
            let message = FileManager.default.fileExists(atPath: path) ? "cannot be read" : "no such file (\(absolute))"
            throw StudyFileError(findings: [.init(file: path, line: nil, path: JSONPath(), message: message)])
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw StudyFileError(findings: [.init(file: path, line: nil, path: JSONPath(), message: "is not UTF-8 text")])
        }
        try self.init(text: text, path: path, sets: sets, environment: environment)
    }

    /// Reads `text`, the content of `path`.
    package init(text: String, path: String, sets: [String] = [], environment: [String: String]) throws(StudyFileError) {
        self.path = path
        var tree = try Self.tree(text, path: path)
        for set in sets {
            do {
                try Override(set).apply(to: &tree)
            } catch {
                let finding = StudyFileError.Finding(
                    file: "--set \(set)", line: nil, path: JSONPath(), message: error.message)
                throw StudyFileError(findings: [finding])
            }
        }
        var resolution = SourceResolution(environment: environment)
        root = resolution.value(of: tree).objectValue ?? JSONObject()
        places = resolution.places
        let findings = resolution.findings.map { finding(at: $0.place, $0.diagnostic) }
        guard findings.isEmpty else { throw StudyFileError(findings: findings) }
    }

    private static func tree(_ text: String, path: String) throws(StudyFileError) -> SourceNode {
        func error(_ line: Int, _ message: String) -> StudyFileError {
            StudyFileError(findings: [.init(file: path, line: line, path: JSONPath(), message: message)])
        }
        let node: SourceNode?
        do {
            var reader = YAMLReader()
            // A byte order mark is no part of the text.
            node = try reader.read(text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text)
        } catch {
            throw StudyFileError(
                findings: [.init(file: path, line: error.line, path: JSONPath(), message: error.message)])
        }
        guard let node else { throw error(1, "the file is empty; it must start with 'nightshift: 1'") }
        guard case .mapping = node.content else {
            throw error(1, "expected keys such as 'nightshift: 1', found \(node.kindName)")
        }
        return node
    }

    /// `diagnostic` with the place of its path, or of the nearest enclosing value that the file has.
    func finding(_ diagnostic: Diagnostic) -> StudyFileError.Finding {
        var path = diagnostic.path
        while places[path] == nil, !path.steps.isEmpty { path.steps.removeLast() }
        return finding(at: path.steps.isEmpty && !diagnostic.path.steps.isEmpty ? nil : places[path], diagnostic)
    }

    private func finding(at place: Place?, _ diagnostic: Diagnostic) -> StudyFileError.Finding {
        switch place {
        case .line(let line): .init(file: path, line: line, path: diagnostic.path, message: diagnostic.message)
        case .flag(let flag): .init(file: flag, line: nil, path: diagnostic.path, message: diagnostic.message)
        case nil: .init(file: path, line: nil, path: diagnostic.path, message: diagnostic.message)
        }
    }
}
