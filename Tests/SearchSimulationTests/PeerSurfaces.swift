import Foundation
import JSON
import SearchSimulation

/// The peer's surfaces, beside the checkout where present: its program and the values recorded from it.
enum PeerSurfaces {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let golden = root.appending(path: "../shared/research/golden/surfaces.json").standardizedFileURL
    private static let folder = root.appending(path: "../shared/peers/search").standardizedFileURL
    private static let python = root.appending(path: ".build/peer-venv/bin/python")

    /// Whether the peer can run here: scripts/install-peer makes its Python, which needs numpy, scipy and optuna.
    static let canExport =
        FileManager.default.fileExists(atPath: golden.path) && FileManager.default.isExecutableFile(atPath: python.path)
        && (try? run(["-c", "import numpy, scipy, optuna"])) == 0

    /// The lines that the peer exports.
    static func export(classes: [String], seeds: Range<Int>) throws -> [[UInt8]] {
        let file = FileManager.default.temporaryDirectory.appending(path: "surfaces-\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        let status = try run([
            folder.appending(path: "regret.py").path, "--export", file.path, "--classes", classes.joined(separator: ","),
            "--seeds", "\(seeds.lowerBound):\(seeds.upperBound)",
        ])
        guard status == 0 else { throw ExportError(status: status) }
        return try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).map { Array($0) }
    }

    struct ExportError: Error { var status: Int32 }

    private static func run(_ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = python
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
