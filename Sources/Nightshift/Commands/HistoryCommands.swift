internal import ArgumentParser
internal import JSON
internal import Optimizers
internal import Programs
internal import Store
internal import Studies

struct StudiesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "studies", abstract: "List the studies of the database.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        try await OpenStore.with(shared, mustExist: true) { open in
            let studies = try await open.store.studyLines()
            if shared.json {
                Console.result(JSON.array(studies.map(studyJSON)).serialized(.python))
            } else {
                show(StudiesTable(style: .plain, width: nil).lines(studies))
            }
        }
    }
}

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Show where a study stands.")

    @OptionGroup var study: StudyArgument
    @OptionGroup var shared: SharedOptions

    func run() async throws {
        try await study.with(shared) { store, record in
            var reader = SnapshotReader(store: store, record: record)
            let snapshot = try await reader.read()
            if shared.json {
                Console.result(statusJSON(snapshot).serialized(.python))
            } else {
                show(StatusView(style: .plain, width: Terminal.standardOutput.size.columns).lines(snapshot))
            }
        }
    }
}

struct TrialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "trials", abstract: "List the trials of a study.")

    @OptionGroup var study: StudyArgument
    @OptionGroup var shared: SharedOptions

    func run() async throws {
        try await study.with(shared) { store, record in
            let trials = try await store.withSpread(store.trials(of: record.number), of: record.number)
            if shared.json {
                Console.result(JSON.array(trials.map(trialJSON)).serialized(.python))
            } else {
                show(TrialsTable(style: .plain, width: nil).lines(trials, winner: record.winner))
            }
        }
    }
}

struct TrialCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trial", abstract: "Show one trial: its instructions and demos, and the prompts they make.")

    @OptionGroup var study: StudyArgument
    @Argument(help: "The trial's number.")
    var number: Int
    @OptionGroup var shared: SharedOptions

    func run() async throws {
        try await study.with(shared) { store, record in
            let (trial, state) = try await StudyOutcome(store: store, record: record).shown(trial: number)
            let messages = try PromptPreview(spec: record.spec).messages(state)
            if shared.json {
                var document = trialJSON(trial).objectValue ?? [:]
                document["state"] = state.json
                document["messages"] = messages.json
                Console.result(JSON.object(document).serialized(.python))
            } else {
                show(TrialView(style: .plain).lines(trial, state: state.json, messages: messages.lines))
            }
        }
    }
}

func show(_ lines: [String]) {
    for line in lines { Console.result(line) }
}
