internal import Foundation
internal import JSON
internal import Store
internal import Studies

/// What a user calls a study by: its id, a unique prefix of it, its name, or the path of a study file.
struct StudyReference {
    let text: String

    private var isFile: Bool { text.hasSuffix(".yaml") || text.hasSuffix(".yml") || text.contains("/") }

    /// Where the private cluster lies: beside a study file, else here.
    var dataDirectory: String {
        isFile ? URL(fileURLWithPath: text).deletingLastPathComponent().appendingPathComponent(".nightshift").path : ".nightshift"
    }

    /// - Throws: ``CommandFailure`` `.badInput` where there is none, or more than one.
    func find(in store: Store) async throws -> StudyRecord {
        if isFile {
            let name = try studyName(ofFile: text)
            guard let study = try await store.study(named: name) else {
                throw CommandFailure(
                    .badInput, "\(text) describes the study '\(name)', but no study of that name was submitted here")
            }
            return study
        }
        let isHexadecimal = !text.isEmpty && text.allSatisfy(\.isHexDigit)
        let found = isHexadecimal ? try await store.studies(idPrefix: text.lowercased()) : []
        if found.count == 1, let study = found.first { return study }
        guard let study = try await store.study(named: text) else {
            if found.count > 1 {
                let ids = found.map(\.id).joined(separator: ", ")
                throw CommandFailure(.badInput, "'\(text)' is the beginning of \(found.count) ids: \(ids)")
            }
            throw CommandFailure(.badInput, "there is no study '\(text)': 'nightshift studies' lists those that are there")
        }
        return study
    }

    private func studyName(ofFile path: String) throws -> String {
        do throws(StudyFileError) {
            let file = try StudyFile(path: path, environment: ProcessInfo.processInfo.environment)
            return file.root["name"]?.stringValue ?? ""
        } catch {
            throw CommandFailure(.badInput, error.description)
        }
    }
}
