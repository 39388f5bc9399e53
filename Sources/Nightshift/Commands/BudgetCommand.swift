internal import ArgumentParser
internal import JSON
internal import Store
internal import Studies

struct BudgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget",
        abstract: "Show what a study may spend and has spent; change it while the study runs.")

    @OptionGroup var study: StudyArgument

    @Option(help: "LM calls that may be made.")
    var lmCalls: Int?

    @Option(help: "Tokens that may be used, prompts and completions together.")
    var tokens: Int?

    @Option(help: "US dollars that may be spent.")
    var usd: Double?

    @Option(help: ArgumentHelp("Time from the study's start.", valueName: "9h"))
    var wall: String?

    @Flag(help: "Take all limits away, but for those that are given.")
    var unlimited = false

    @OptionGroup var shared: SharedOptions

    private var isChange: Bool { lmCalls != nil || tokens != nil || usd != nil || wall != nil || unlimited }

    func validate() throws {
        if let lmCalls, lmCalls < 1 { throw ValidationError("--lm-calls must be at least 1, not \(lmCalls)") }
        if let tokens, tokens < 1 { throw ValidationError("--tokens must be at least 1, not \(tokens)") }
        if let usd, !(usd > 0 && usd <= 1e9) { throw ValidationError("--usd must be above 0, not \(usd)") }
    }

    func run() async throws {
        let time = try wall.map { text in
            guard let time = Duration(parsing: text), time > .zero else {
                throw CommandFailure(.badInput, "--wall must be a duration such as 9h or 30m, not \"\(text)\"")
            }
            return time
        }
        try await study.with(shared) { store, record in
            var budget = Budget(json: record.spec["budget"] ?? .null) ?? Budget()
            if isChange {
                if unlimited { budget = Budget() }
                budget.lmCalls = lmCalls ?? budget.lmCalls
                budget.tokens = tokens ?? budget.tokens
                budget.usd = usd ?? budget.usd
                budget.wall = time ?? budget.wall
                try await change(to: budget, of: record, in: store)
            }
            try await present(budget, record, in: store)
        }
    }

    /// The coordinator that leads the study takes it over within a second.
    private func change(to budget: Budget, of record: StudyRecord, in store: Store) async throws {
        guard !record.isEnded else {
            throw CommandFailure(
                .badInput,
                "the study '\(record.name)' (\(record.id)) has ended: it is \(record.state). To search further, compile its file with --fresh and the larger budget: what was asked before comes from the cache"
            )
        }
        var study = try Study(json: record.spec)
        study.budget = budget == Budget() ? nil : budget
        try StudyCost().check(study)
        var spec = record.spec.objectValue ?? [:]
        spec["budget"] = study.budget?.json
        try await store.update(study: record.number, spec: .object(spec))
    }

    private func present(_ budget: Budget, _ record: StudyRecord, in store: Store) async throws {
        let lm = try await StudyOutcome(store: store, record: record).lm()
        let elapsed = try await store.studyLine(number: record.number)?.elapsedSeconds ?? 0
        let used = (lm["tokens"]?["prompt"]?.intValue ?? 0) + (lm["tokens"]?["completion"]?.intValue ?? 0)
        let document: JSON = [
            "study": ["id": .string(record.id), "name": .string(record.name), "state": .string(record.state)],
            "budget": [
                "lm_calls": budget.lmCalls.map(JSON.int) ?? .null, "tokens": budget.tokens.map(JSON.int) ?? .null,
                "usd": budget.usd.map(JSON.double) ?? .null, "wall_s": budget.wall.map { .double($0 / .seconds(1)) } ?? .null,
            ],
            "used": [
                "lm_calls": lm["calls"] ?? .null, "tokens": .int(used), "usd": lm["usd"] ?? .null, "wall_s": .double(elapsed),
            ],
        ]
        guard !shared.json else { return Console.result(document.serialized(.python)) }
        for line in BudgetTable(style: .plain).lines(document) { Console.result(line) }
    }
}
