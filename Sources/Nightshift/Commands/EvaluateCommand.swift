internal import ArgumentParser
internal import Foundation
internal import JSON
internal import LanguageModels
internal import Optimizers
internal import Programs
internal import Store
internal import Studies

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Score a program on a split without optimising it.")

    @OptionGroup var file: StudyFileOptions
    @OptionGroup var shared: SharedOptions
    @OptionGroup var workers: WorkerOptions
    @OptionGroup var tape: TapeOptions

    @Option(help: "A compiled program (default: the program as the study file has it).")
    var state: String?

    @Option(help: "train, val or test.")
    var split = Split.test

    @Flag(help: "Evaluate again although the result is stored.")
    var fresh = false

    func run() async throws {
        let resolved = try file.resolve(.evaluate(split), usesCache: !shared.noCache)
        try workers.validate()
        try tape.check(shared, workers: workers.workers)
        _ = try tape.open()
        _ = try StudyOutcome.prices()
        let callsHere = (shared.databaseURL == nil || workers.workers != nil) && tape.replay == nil
        if callsHere {
            try resolved.study.checkKeys()
            try file.named { try resolved.study.checkPrograms() }
        }
        let request = EvaluationRequest(split: split, state: try loadState(state, of: resolved.study))
        try await OpenStore.with(shared, dataDirectory: file.defaultDataDirectory) { open in
            var record = try await Submission(request, of: resolved.settled(in: open.store)).submit(
                to: open.store, isFresh: fresh
            ).record
            if !record.isEnded {
                let run = StudyRun(
                    open: open, record: record, options: shared, workers: workers.workers, concurrency: workers.concurrency,
                    tape: tape)
                record = try await run.run()
            }
            try await conclude(record, request, in: open.store)
        }
    }

    private func conclude(_ record: StudyRecord, _ request: EvaluationRequest, in store: Store) async throws {
        guard record.state == "finished", let best = record.result?["best"] else {
            throw CommandFailure(.studyFailed, "the evaluation \(record.id) \(record.state): \(record.message ?? "no message")")
        }
        let isTest = split == .test
        let (score, interval) = (best[isTest ? "test" : "val"] ?? .null, best[isTest ? "test_interval" : "interval"] ?? .null)
        let results = try await store.resultDetails(study: record.number, candidate: request.state.digest, split: split.rawValue)
        let (scored, errors) = (results.count { $0.score != nil }, results.count { $0.outcome != "scored" })
        let summary = try await AnswerSummary(record, candidate: request.state.digest, split: split, in: store)
        var document: JSONObject = [
            "study": ["id": .string(record.id), "name": .string(record.name), "state": .string(record.state)],
            "split": .string(split.rawValue), "score": score, "interval": interval,
            "examples": .int(scored), "errors": .int(errors),
            "lm": try await StudyOutcome(store: store, record: record).lm(),
            "scores": .array(results.map { $0.score.map(JSON.double) ?? .null }),
        ]
        let failures = results.compactMap { result -> JSON? in
            guard result.outcome != "scored" else { return nil }
            return Self.failure(of: result.example, result.outcome, result.detail?["error"] ?? .null)
        }
        if !failures.isEmpty { document["failures"] = .array(failures) }
        document["assertions"] = summary.assertions
        document["split_metric"] = summary.splitScore.map(JSON.double)
        guard !shared.json else { return Console.result(JSON.object(document).serialized(.python)) }
        var text = "\(split.rawValue): \(score.doubleValue.map(\.percent) ?? "nothing was scored") of \(scored) examples"
        if errors > 0 { text += ", \(errors.counted("error")) (--json says which)" }
        if let whole = summary.splitScore { text += ", as a whole \(whole.percent)" }
        if let counts = summary.assertions { text += "; assertions: \(counts.serialized(.python))" }
        Console.result(text)
    }

    /// An example without an answer or without a score, why, and the beginning of what the model wrote.
    private static func failure(of example: Int, _ outcome: String, _ error: JSON) -> JSON {
        let texts = error["raw"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return [
            "example": .int(example), "outcome": .string(outcome),
            // The reason of a unit that was set aside is a text.
            "kind": error["kind"] ?? (error.stringValue == nil ? .null : "infrastructure"),
            "message": error["message"] ?? error.stringValue.map(JSON.string) ?? .null,
            "raw": .array(texts.map { .string(String($0.prefix(rawLimit))) }),
        ]
    }

    /// In characters. All of it is in the database.
    private static let rawLimit = 2000
}

/// A state file that fits the study's program, or the program's own state.
func loadState(_ path: String?, of study: Study) throws -> ProgramState {
    let program = study.program
    guard let path else { return program.initialState }
    let file = StateFile(predictors: program.predictors, parameters: program.parameters)
    let state: ProgramState
    do { state = try file.load(from: path) } catch {
        throw CommandFailure(.badInput, "\(path): \(error)")
    }
    if state.needsEmbeddingModel {
        guard let embedding = study.models.embedding else {
            throw CommandFailure(
                .badInput,
                "\(path) chooses its demos by embeddings: the study file lacks lm.embedding; "
                    + "write 'embedding: {model: openai/text-embedding-3-small}'")
        }
        if let problem = try LanguageModelSettings(embedding).checkKey(in: ProcessInfo.processInfo.environment) {
            throw CommandFailure(.badInput, problem)
        }
    }
    return state
}

extension Split: ExpressibleByArgument {}
