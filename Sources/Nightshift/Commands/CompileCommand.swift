internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Store
internal import Studies

struct CompileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile", abstract: "Optimise the program of a study file and write it; resume where an earlier run ended.")

    @OptionGroup var file: StudyFileOptions
    @OptionGroup var shared: SharedOptions
    @OptionGroup var workers: WorkerOptions
    @OptionGroup var tape: TapeOptions

    @Flag(help: "Start a new study instead of resuming.")
    var fresh = false

    @Flag(help: "Only say what the study is likely to take: calls, tokens, dollars, time. Nothing is called and nothing written.")
    var dryRun = false

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: "Where to write the compiled program (default: NAME.json beside the study file).")
    var output: String?

    func run() async throws {
        var resolved = try file.resolve(.compile, usesCache: !shared.noCache)
        try workers.validate()
        try tape.check(shared, workers: workers.workers)
        _ = try tape.open()
        try checkOutput()
        let cost = try StudyCost()
        resolved.study = try file.named { try cost.priced(resolved.study) }
        let estimate = try await estimate(of: resolved)
        // Where there is no database yet, there is nothing to resume: none is made for what can't begin.
        let folder = shared.dataDir ?? file.defaultDataDirectory
        let isFirst = shared.databaseURL == nil && !FileManager.default.fileExists(atPath: folder)
        if dryRun || isFirst { try file.named { try estimate?.check() } }
        if dryRun, let estimate { return show(estimate.document, notes: resolved.notes) }
        let callsHere = (shared.databaseURL == nil || workers.workers != nil) && tape.replay == nil
        if callsHere {
            try resolved.study.checkKeys()
            try file.named { try resolved.study.checkPrograms() }
        }
        for note in resolved.notes { shared.say("note: \(note)") }
        try await OpenStore.with(shared, dataDirectory: file.defaultDataDirectory) { open in
            let standing = try await Submission(resolved.settled(in: open.store)).submit(
                to: open.store, isFresh: fresh, check: { try file.named { try estimate?.check() } })
            announce(standing)
            if case .new = standing, let estimate { for line in lines(estimate.document) { shared.say(line) } }
            var record = standing.record
            if !record.isEnded {
                let run = StudyRun(
                    open: open, record: record, options: shared, workers: workers.workers, concurrency: workers.concurrency,
                    tape: tape)
                record = try await run.run()
            }
            try await conclude(record, in: open.store)
        }
    }

    /// nil where nobody asks: it takes as long as to plan the study.
    private func estimate(of resolved: ResolvedStudy) async throws -> StudyEstimate? {
        guard dryRun || resolved.study.budget != nil || !shared.quiet else { return nil }
        return try await StudyEstimate(resolved, slots: (workers.workers ?? 1) * workers.concurrency, hasBounds: dryRun)
    }

    private func show(_ estimate: JSON, notes: [String]) {
        for note in notes { shared.say("note: \(note)") }
        if shared.json { return Console.result(estimate.serialized(.python)) }
        for line in lines(estimate) { Console.result(line) }
    }

    private func lines(_ estimate: JSON) -> [String] { EstimateTable(style: .plain).lines(estimate) }

    /// Said before hours of work rather than after them.
    private func checkOutput() throws {
        guard let output else { return }
        func isFolder(_ path: String) -> Bool {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
        }
        guard !isFolder(output) else { throw CommandFailure(.badInput, "--output: \(output) is a folder; name a file in it") }
        let folder = URL(fileURLWithPath: output).deletingLastPathComponent().path
        guard isFolder(folder) else { throw CommandFailure(.badInput, "--output: there is no folder \(folder); make it first") }
    }

    private func announce(_ standing: Submission.Standing) {
        switch standing {
        case .new: break
        case .resumed(let record): shared.say("resuming the study \(record.id)")
        case .finished(let record):
            shared.say("the study \(record.id) has finished before: this is its result (--fresh starts a new one)")
        }
    }

    private func conclude(_ record: StudyRecord, in store: Store) async throws {
        let outcome = StudyOutcome(store: store, record: record)
        guard record.state == "finished" else {
            if shared.json { Console.result(try await outcome.document(program: nil).serialized(.python)) }
            throw CommandFailure(
                .studyFailed,
                "the study \(record.id) \(record.state == "failed" ? "failed" : "was cancelled"): \(record.message ?? "no message")"
            )
        }
        let folder = URL(fileURLWithPath: file.study).deletingLastPathComponent()
        let path = output ?? folder.appendingPathComponent("\(record.name).json").path
        let document = try await outcome.document(program: try await write(outcome, to: path))
        if shared.json {
            Console.result(document.serialized(.python))
        } else {
            for line in ReportView(style: .init(isColoured: false)).lines(document) { Console.result(line) }
        }
        if record.finishReason?.hasPrefix("budget_") == true {
            throw CommandFailure(.budget, "stopped by its budget: \(Report(document).stopReason)")
        }
    }

    private func write(_ outcome: StudyOutcome, to path: String) async throws -> String {
        do {
            return try await outcome.export(to: path)
        } catch let failure as CommandFailure where failure.status == .surroundings {
            throw CommandFailure(
                .surroundings,
                "\(failure.message)\nThe study has finished and is kept: the same command with another -o FILE writes its program."
            )
        }
    }
}
