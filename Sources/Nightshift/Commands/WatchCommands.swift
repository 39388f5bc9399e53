internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Store

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow a study until it ends; with --json, a document per line.")

    @Option(help: "Seconds between two looks.")
    var interval = 1.0

    @OptionGroup var study: StudyArgument
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard (0.1...3600).contains(interval) else { throw ValidationError("--interval must be 0.1 to 3600 seconds") }
    }

    func run() async throws {
        try await study.with(shared) { store, record in
            var reader = SnapshotReader(store: store, record: record)
            var printer = ProgressPrinter(.standardOutput, style: Style(isColoured: shared.isColoured)) { text in
                FileHandle.standardOutput.write(Data(text.utf8))
            }
            while true {
                let seen = await store.database.notices(on: Store.planChannel)
                let start = ContinuousClock.now
                let snapshot = try await reader.read()
                if shared.json { Console.result(statusJSON(snapshot).serialized()) } else { printer.show(snapshot) }
                guard !snapshot.isEnded else { return }
                // Looking takes a tenth of the database at most.
                let rest = max(.seconds(interval), (.now - start) * 10)
                if shared.json {
                    try await Task.sleep(for: rest)
                } else {
                    await store.database.waitForNotice(on: Store.planChannel, beyond: seen, atMost: rest)
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
        }
    }
}

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "List what happened to a study, and which login role did it.")

    @Option(help: "How many of the latest.")
    var last = 50

    @OptionGroup var study: StudyArgument
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard (1...100_000).contains(last) else { throw ValidationError("--last must be 1 to 100000") }
    }

    func run() async throws {
        try await study.with(shared) { store, record in
            let events = try await store.events(of: record.number, atMost: last)
            showEvents(events, asJSON: shared.json)
        }
    }
}

func showEvents(_ events: [EventRecord], asJSON: Bool) {
    guard asJSON else { return show(EventsTable(style: .plain, width: nil).lines(events)) }
    let list = events.map { event -> JSON in
        ["at": .string(event.at), "kind": .string(event.kind), "actor": .string(event.actor), "data": event.data ?? .null]
    }
    Console.result(JSON.array(list).serialized(.python))
}

struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Hold two trials of a study against each other: prompts, demos, results by example.")

    @OptionGroup var study: StudyArgument
    @Argument(help: "A trial's number.")
    var first: Int
    @Argument(help: "The other's.")
    var second: Int
    @OptionGroup var shared: SharedOptions

    func run() async throws {
        try await study.with(shared) { store, record in
            var sides: [TrialDifference.Side] = []
            for number in [first, second] {
                let (trial, state) = try await StudyOutcome(store: store, record: record).shown(trial: number)
                let results = try await store.resultDetails(study: record.number, candidate: trial.candidate, split: "val")
                let scores = results.compactMap { result in result.score.map { (result.example, $0) } }
                sides.append(.init(trial: trial, state: state.json, scores: Dictionary(uniqueKeysWithValues: scores)))
            }
            let difference = TrialDifference(sides[0], sides[1])
            if shared.json {
                Console.result(difference.json.serialized(.python))
            } else {
                show(DiffView(style: Style(isColoured: shared.isColoured)).lines(difference))
            }
        }
    }
}
