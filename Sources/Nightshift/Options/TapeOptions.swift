internal import ArgumentParser
internal import LanguageModels

/// Whether LM calls are written to a file, or answered from one.
struct TapeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Add all LM calls to this file: prompts and answers, never a key.", valueName: "file"))
    var record: String?

    @Option(help: ArgumentHelp("Answer all LM calls from this file, which --record has written; make none.", valueName: "file"))
    var replay: String?

    func validate() throws {
        guard record == nil || replay == nil else { throw ValidationError("--record and --replay exclude each other") }
    }

    var isNamed: Bool { record != nil || replay != nil }

    /// What a worker process is given to do the same.
    var arguments: [String] { (record.map { ["--record", $0] } ?? []) + (replay.map { ["--replay", $0] } ?? []) }

    /// - Throws: ``CommandFailure`` `.badInput` where the file can't be used.
    func open() throws -> CallTape? {
        if let record {
            do throws(CallRecorder.Failure) {
                return .recording(try CallRecorder(path: record) { Console.say($0) })
            } catch {
                throw CommandFailure(.badInput, "--record: \(error.message)")
            }
        }
        guard let replay else { return nil }
        do throws(CallRecord.Failure) {
            let record = try CallRecord(path: replay)
            if record.broken > 0 { Console.say("--replay: \(record.broken.counted("line")) of \(replay) can't be read and are left out") }
            return .replaying(record)
        } catch {
            throw CommandFailure(.badInput, "--replay: \(error.message)")
        }
    }

    /// Only this command's own workers can be told.
    func check(_ options: SharedOptions, workers: Int?) throws {
        guard isNamed, options.databaseURL != nil, workers == nil else { return }
        throw CommandFailure(
            .badInput, "\(record != nil ? "--record" : "--replay") is for workers of this command: add --workers N, "
                + "or give it to 'nightshift worker'")
    }
}
