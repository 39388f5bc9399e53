package import Foundation

/// A Python with DSPy, in a virtual environment of its own: for tests that hold our results against DSPy's.
package enum PeerPython {
    package static let absence: String =
        "needs DSPy: run scripts/install-peer, or name a virtual environment in NIGHTSHIFT_PEER_VENV"

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// nil where `scripts/install-peer` has not been run, or could not install it.
    package static let executable: URL? = {
        let home =
            ProcessInfo.processInfo.environment["NIGHTSHIFT_PEER_VENV"].map { URL(filePath: $0) }
            ?? root.appending(path: ".build/peer-venv")
        let python = home.appending(path: "bin/python")
        let probe = ["-c", "import importlib.metadata as m; assert m.version('dspy') == '3.4.1'"]
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
