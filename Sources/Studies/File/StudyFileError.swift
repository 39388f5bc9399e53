package import JSON

/// Everything that is wrong with a study file and what it names, found in one pass.
package struct StudyFileError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Finding: Sendable, Hashable, CustomStringConvertible {
        /// The study file or a data file, or the `--set` argument at fault.
        package var file: String
        package var line: Int?
        /// Key path in the study file; empty for a data file.
        package var path: JSONPath
        package var message: String

        /// `FILE:LINE: path: message`.
        package var description: String {
            let position = line.map { "\(file):\($0)" } ?? file
            return ([position, path.description, message].filter { !$0.isEmpty }).joined(separator: ": ")
        }
    }

    /// In the order in which they were found.
    package var findings: [Finding]

    package var description: String { findings.map(\.description).joined(separator: "\n") }
}
