internal import Foundation

/// Where words go: the result to standard output, everything else to standard error.
enum Console {
    static func result(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    static func error(_ text: String) { say(text.hasPrefix("Error:") || text.hasPrefix("Usage:") ? text : "nightshift: \(text)") }

    static func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
