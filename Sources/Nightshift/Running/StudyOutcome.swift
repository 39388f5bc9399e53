internal import Foundation
internal import JSON
internal import LanguageModels
internal import Optimizers
internal import ProgramMetrics
internal import Programs
internal import Store
internal import Studies

/// What a finished study is reported as: the document of `compile --json`.
struct StudyOutcome {
    let store: Store
    let record: StudyRecord

    /// - Parameter program: the file that was written.
    func document(program: String?) async throws -> JSON {
        let progress = try await store.progress(of: record.number)
        let line = try await store.studyLine(number: record.number)
        let result = record.result ?? .null
        var document: JSONObject = [
            "study": [
                "id": .string(record.id), "name": .string(record.name), "state": .string(record.state),
                "finish_reason": record.finishReason.map(JSON.string) ?? .null,
            ],
            "baseline": .object((result["baseline"]?.objectValue ?? [:]).filter { $0 != "trial" }),
            "best": result["best"] ?? .null,
            "trials": .int(line?.trials ?? 0),
            "units": .int(try await store.unitCount(of: record.number)),
            "lm": try await lm(),
            "ledger": try await StudyAccount(record, in: store).document,
            "wall_s": .double(line?.elapsedSeconds ?? 0),
            "compile_s": compileSeconds(progress, line).map(JSON.double) ?? .null,
            "stages": stages(progress, line),
            "slots": try await slots(result),
            "program": program.map(JSON.string) ?? .null,
        ]
        document = document.merging(try await summaries(of: result))
        if let notes = result["notes"]?.arrayValue, !notes.isEmpty { document["notes"] = .array(notes) }
        if let message = record.message { document["message"] = .string(message) }
        return .object(document)
    }

    /// Seconds by stage; a stage that had nothing to do took none.
    private func stages(_ progress: [StageProgress], _ line: StudyLine?) -> JSON {
        var seconds: JSONObject = ["setup_s": .double(setupSeconds(progress, line))]
        for stage in Stage.allCases {
            seconds["\(stage.rawValue)_s"] = .double(progress.first { $0.stage == stage.rawValue }?.seconds ?? 0)
        }
        return .object(seconds)
    }

    /// How the search used the slots of the workers: null of a study that was planned by an older version.
    private func slots(_ result: JSON) async throws -> JSON {
        guard let available = result["slots"]?["available"]?.intValue else { return .null }
        let width = result["slots"]?["width"]?.intValue
        var (used, idle) = (available, Double?.none)
        if let width {
            // Results are told in the order of the decisions: of what is decided ahead about half runs, the rest has ended and waits.
            used = min(available, max(1, width / 2))
            idle = used > 0 ? try await store.searchIdleness(of: record.number, slots: used) : nil
        } else if available > 0, let held = try await store.slotsHeld(by: record.number, of: available),
            let unbusy = try await store.searchIdleness(of: record.number, slots: available)
        {
            // No window: what was under way for the search's steps is what it could keep busy.
            used = min(available, max(1, Int(held.rounded())))
            idle = held > 0 ? max(0, 1 - (1 - unbusy) * Double(available) / held) : nil
        }
        return [
            "width": width.map(JSON.int) ?? .null, "available": .int(available), "unused": .int(available - used),
            "idle": idle.map(JSON.double) ?? .null,
        ]
    }

    /// `assertions` and `split_metric`, of the baseline and the best, by split; without members where there is nothing to say.
    private func summaries(of result: JSON) async throws -> JSONObject {
        let trials = try await store.trials(of: record.number)
        let study = try Study(json: record.spec)
        let kind = study.metric.flatMap { splitMetric(section: $0, outputs: study.program.outputNames)?.kind }
        var (assertions, scores) = (JSONObject(), JSONObject())
        for (name, number) in [("baseline", 0), ("best", result["best"]?["trial"]?.intValue)] {
            guard let trial = trials.first(where: { $0.number == number }) else { continue }
            for split in [Split.val, .test] where (study.data?.count(split) ?? 0) > 0 {
                let summary = try await AnswerSummary(record, candidate: trial.candidate, split: split, in: store)
                if let counts = summary.assertions {
                    assertions[name] = .object((assertions[name]?.objectValue ?? [:]).merging([split.rawValue: counts]))
                }
                if let score = summary.splitScore {
                    scores[name] = .object((scores[name]?.objectValue ?? [:]).merging([split.rawValue: .double(score)]))
                }
            }
        }
        var members = JSONObject()
        if !assertions.isEmpty { members["assertions"] = .object(assertions) }
        if let kind, !scores.isEmpty {
            members["split_metric"] = .object(JSONObject([("kind", .string(kind.rawValue))]).merging(scores))
        }
        return members
    }

    /// - Throws: ``CommandFailure`` `.badInput` where the user's file of prices is wrong.
    static func prices() throws -> PriceTable {
        do { return try PriceTable.load(environment: ProcessInfo.processInfo.environment) } catch {
            throw CommandFailure(.badInput, "\(error)")
        }
    }

    /// What the study cost in USD; nil where a price is not known.
    private func cost(of usage: [UsageRecord]) throws -> Double? {
        let prices = try StudyCost()
        let study = try Study(json: record.spec)
        var sum = 0.0
        for record in usage where record.calls > 0 {
            let used = RoleUsage(
                role: record.role, calls: record.calls, promptTokens: record.promptTokens,
                completionTokens: record.completionTokens)
            // Some servers count no tokens: what they took is unknown, not nothing.
            guard used.promptTokens + used.completionTokens > 0, let cost = prices.cost(study, used) else { return nil }
            sum += cost
        }
        return sum
    }

    /// What the study has asked its models, as a part of ``document(program:)``.
    func lm() async throws -> JSON {
        let usage = try await store.usage(of: record.number)
        func calls(by key: KeyPath<UsageRecord, String>, _ names: [String]) -> JSON {
            var sums = JSONObject(names.map { ($0, .int(0)) })
            for record in usage {
                let name = record[keyPath: key]
                sums[name] = .int((sums[name]?.intValue ?? 0) + record.calls)
            }
            return .object(sums)
        }
        func sum(_ value: KeyPath<UsageRecord, Int>) -> JSON { .int(usage.reduce(0) { $0 + $1[keyPath: value] }) }
        return [
            "calls": sum(\.calls), "attempts": sum(\.attempts), "cached": sum(\.cached),
            "tokens": ["prompt": sum(\.promptTokens), "completion": sum(\.completionTokens)],
            "usd": try cost(of: usage).map(JSON.double) ?? .null,
            "by_role": calls(by: \.role, [Role.task, .prompt].map(\.rawValue)),
            "by_stage": calls(by: \.stage, Stage.allCases.map(\.rawValue)),
        ]
    }

    /// From the first baseline call to the end of confirmation: without set-up and without the test split.
    private func compileSeconds(_ progress: [StageProgress], _ line: StudyLine?) -> Double? {
        let compiled = progress.filter { $0.stage != Stage.test.rawValue }
        guard let start = compiled.map(\.startedAt).min(), let end = compiled.map(\.endedAt).max() else { return nil }
        // Stages span the time that a reopened study lay finished, the study's own does not.
        return min(end - start, line?.elapsedSeconds ?? .infinity)
    }

    /// From the study's start to its first decision.
    private func setupSeconds(_ progress: [StageProgress], _ line: StudyLine?) -> Double {
        guard let first = progress.map(\.startedAt).min(), let end = progress.map(\.endedAt).max(), let line else { return 0 }
        return max(0, line.elapsedSeconds - (end - first))
    }

    /// The state of a trial: the winner's by default.
    func state(ofTrial number: Int? = nil) async throws -> (trial: TrialRecord, state: ProgramState) {
        let trials = try await store.trials(of: record.number)
        guard let wanted = number ?? record.winner else {
            throw CommandFailure(
                .badInput, "the study '\(record.name)' is \(record.state) and has no winner yet: name a trial with --trial N")
        }
        guard let trial = trials.first(where: { $0.number == wanted }) else {
            let known = trials.isEmpty ? "it has none yet" : "it has 0…\(trials.count - 1)"
            throw CommandFailure(.badInput, "the study '\(record.name)' has no trial \(wanted): \(known)")
        }
        let state = try await store.candidateState(study: record.number, candidate: trial.candidate)
        return (trial, try ProgramState(json: state))
    }

    /// A trial as it is shown: with the spread of its scores.
    func shown(trial number: Int) async throws -> (trial: TrialRecord, state: ProgramState) {
        let (trial, state) = try await state(ofTrial: number)
        return (try await store.withSpread([trial], of: record.number)[0], state)
    }

    /// Writes a trial's program in DSPy's format and answers the file's path.
    func export(trial number: Int? = nil, to path: String) async throws -> String {
        let (trial, state) = try await state(ofTrial: number)
        let study = try Study(json: record.spec)
        let file = StateFile(predictors: study.program.predictors, parameters: study.program.parameters)
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        do {
            try file.write(state, annotations: annotations(of: trial), to: absolute)
        } catch {
            throw CommandFailure(.surroundings, "\(error)")
        }
        return absolute
    }

    /// Where the program comes from, under a key that DSPy ignores.
    func annotations(of trial: TrialRecord) -> JSON {
        [
            "study": .string(record.id), "name": .string(record.name), "trial": .int(trial.number),
            "candidate": .string(trial.candidate), "params": trial.params, "score": trial.score.map(JSON.double) ?? .null,
            "examples": .int(trial.examples), "fingerprint": .string(record.fingerprint),
        ]
    }
}
