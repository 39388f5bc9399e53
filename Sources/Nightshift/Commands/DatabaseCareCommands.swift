internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Store
internal import Studies

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Look how the database is: versions, clock, settings, long transactions, bloat, the queue.",
        discussion: "Ends with 0 when nothing is wrong, warnings included, and with 4 when something is.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        try await OpenStore.with(shared, mustExist: true, mayDiffer: true) { open in
            let findings = try await open.store.checkup()
            if shared.json {
                let list = findings.map { finding -> JSON in
                    [
                        "subject": .string(finding.subject), "level": .string(finding.level.rawValue),
                        "text": .string(finding.text),
                    ]
                }
                let isSound = !findings.contains { $0.level == .problem }
                Console.result((["ok": .bool(isSound), "findings": .array(list)] as JSON).serialized(.python))
            } else {
                let style = Style(isColoured: shared.isColoured)
                for finding in findings {
                    let level = finding.level.rawValue.padded(to: 7)
                    let mark =
                        switch finding.level {
                        case .ok: style.green(level)
                        case .warning: style.yellow(level)
                        case .problem: style.red(level)
                        }
                    Console.result("\(mark)  \(finding.subject): \(finding.text)")
                }
            }
            let problems = findings.filter { $0.level == .problem }
            guard problems.isEmpty else { throw CommandFailure(.surroundings, "\(problems.count.counted("problem")) found") }
        }
    }
}

struct DatabaseLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "List who enrolled roles and pruned studies; nightshift events STUDY has the rest.")

    @Option(help: "How many of the latest.")
    var last = 50

    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard (1...100_000).contains(last) else { throw ValidationError("--last must be 1 to 100000") }
    }

    func run() async throws {
        try await OpenStore.with(shared, mustExist: true) { open in
            showEvents(try await open.store.databaseEvents(atMost: last), asJSON: shared.json)
        }
    }
}

struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Archive studies that ended long ago to a file, and delete them.",
        discussion: """
            Each study is written to the file first, as JSON lines of {"table": …, "row": …}, and deleted when that is on the \
            disk. Studies of all teams; data sets go with the last study that uses them.
            """)

    @Option(help: "How long ago a study must have ended, in days or hours: 90d, 12h.")
    var olderThan: String

    @Option(name: .shortAndLong, help: "The file to write; it must not exist.")
    var output: String?

    @Flag(help: "Only list what would be pruned.")
    var dryRun = false

    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard Duration(parsing: olderThan) != nil else {
            throw ValidationError("--older-than must be a number with a unit, such as 90d or 12h, not '\(olderThan)'")
        }
        // Whoever writes 6m means months: six minutes would delete nearly all there is.
        guard olderThan.allSatisfy({ "0123456789.hd".contains($0) }) else {
            throw ValidationError(
                "--older-than takes hours (h) and days (d) only, such as 12h or 180d: 'm' would be minutes, not months")
        }
        guard dryRun || output != nil else {
            throw ValidationError("name the archive with -o FILE, or look first with --dry-run")
        }
    }

    func run() async throws {
        guard let age = Duration(parsing: olderThan) else { return }
        try await OpenStore.with(shared, mustExist: true) { open in
            let studies = try await open.store.prunableStudies(olderThan: age)
            if !dryRun, !studies.isEmpty, let output {
                var archive = try Archive(path: output)
                for study in studies {
                    try await open.store.archive(study: study.number) { try archive.write($0) }
                    try archive.synchronize()
                    try await open.store.prune(study: study.number)
                    shared.say("pruned \(study.name) (\(study.id)) of \(study.finishedAt)")
                }
            }
            if shared.json {
                let list = studies.map { study -> JSON in
                    [
                        "id": .string(study.id), "team": .string(study.team), "name": .string(study.name),
                        "finished_at": .string(study.finishedAt), "results": .int(study.results),
                    ]
                }
                Console.result((["pruned": .bool(!dryRun), "studies": .array(list)] as JSON).serialized(.python))
            } else {
                let what = dryRun ? "would be pruned" : "pruned"
                for study in studies where dryRun {
                    Console.result("\(study.id)  \(study.name), \(study.results.grouped) results")
                }
                Console.result("\(studies.count) \(studies.count == 1 ? "study" : "studies") \(what)")
            }
        }
    }
}

/// A file that grows by lines and never replaces another.
private struct Archive {
    private let handle: FileHandle
    private let path: String
    private var buffer = Data()

    init(path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.badInput, "cannot make \(path): \(String(cString: strerror(errno)))")
        }
        (handle, self.path) = (FileHandle(fileDescriptor: descriptor, closeOnDealloc: true), path)
    }

    mutating func write(_ line: String) throws {
        buffer.append(contentsOf: line.utf8)
        if buffer.count > 1 << 20 { try flush() }
    }

    /// - Throws: where the disk does not take it; nothing has been deleted then.
    mutating func synchronize() throws {
        try flush()
        do { try handle.synchronize() } catch { throw failure(error) }
    }

    private mutating func flush() throws {
        do { try handle.write(contentsOf: buffer) } catch { throw failure(error) }
        buffer = Data()
    }

    private func failure(_ error: any Error) -> CommandFailure {
        CommandFailure(.surroundings, "cannot write \(path): \(error.localizedDescription)")
    }
}
