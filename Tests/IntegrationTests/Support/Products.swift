import Foundation

/// Where the build left the executables and where the repository is.
enum Products {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The folder of the test runner's own executable, or that of the builds to be tried instead: `NIGHTSHIFT_PRODUCTS`.
    private static let folder: URL = {
        if let other = ProcessInfo.processInfo.environment["NIGHTSHIFT_PRODUCTS"] { return URL(fileURLWithPath: other) }
        let runner = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        var folder = runner.deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appendingPathComponent("nightshift").path) {
            folder.deleteLastPathComponent()
        }
        return folder
    }()

    static var nightshift: URL { folder.appendingPathComponent("nightshift") }
    static var simlm: URL { folder.appendingPathComponent("simlm") }
    static var demo: URL { repository.appendingPathComponent("Examples/demo") }
    /// Data and peers beside the checkout; tests that need them are skipped where they are absent.
    static var shared: URL { repository.deletingLastPathComponent().appendingPathComponent("shared") }
    static func hasShared(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: shared.appendingPathComponent(path).path)
    }
}
