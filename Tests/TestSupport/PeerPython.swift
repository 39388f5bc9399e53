package import Foundation

/// A Python with DSPy, in a virtual environment of its own: for tests that hold our results against DSPy's.
package enum PeerPython {
    private static let requirement = "dspy==3.4.1"
    package static let absence: String = "needs python3 and \(requirement): set NIGHTSHIFT_PEER_VENV, or let pip reach a package index"

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// nil where DSPy can be neither found nor installed.
    package static let executable: URL? = {
        let home =
            ProcessInfo.processInfo.environment["NIGHTSHIFT_PEER_VENV"].map { URL(filePath: $0) }
            ?? root.appending(path: ".build/peer-venv")
        let python = home.appending(path: "bin/python")
        let probe = ["-c", "import importlib.metadata as m; assert m.version('dspy') == '3.4.1'"]
        if run(python, probe) { return python }
        guard run(URL(filePath: "/usr/bin/env"), ["python3", "-m", "venv", home.path]),
            run(python, ["-m", "pip", "install", "-q", requirement])
        else { return nil }
        return run(python, probe) ? python : nil
    }()

    /// Whether a program ended well.
    package static func run(_ executable: URL, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
