internal import ArgumentParser
internal import JSON
internal import Optimizers
internal import Programs
internal import Store
internal import Studies

struct BudgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget",
        abstract: "Show what a study may spend and has spent; change it while the study runs, or continue one that it has ended.")

    @OptionGroup var study: StudyArgument

    @Option(help: "LM calls that may be made.")
    var lmCalls: Int?

    @Option(help: "Tokens that may be used, prompts and completions together.")
    var tokens: Int?

    @Option(help: "US dollars that may be spent.")
    var usd: Double?

    @Option(help: ArgumentHelp("Time from the study's start.", valueName: "9h"))
    var wall: String?

    @Option(
        help: "Whose calls the limits are on, or are shown: task, prompt, teacher, judge or embedding (default: all together).")
    var role: String?

    @Flag(help: "Take all limits away, but for those that are given.")
    var unlimited = false

    @OptionGroup var shared: SharedOptions

    private var isChange: Bool { lmCalls != nil || tokens != nil || usd != nil || wall != nil || unlimited }

    func validate() throws {
        if let lmCalls, lmCalls < 1 { throw ValidationError("--lm-calls must be at least 1, not \(lmCalls)") }
        if let tokens, tokens < 1 { throw ValidationError("--tokens must be at least 1, not \(tokens)") }
        if let usd, !(usd > 0 && usd <= 1e9) { throw ValidationError("--usd must be above 0, not \(usd)") }
        if let role, Role(rawValue: role) == nil {
            throw ValidationError("--role must be one of \(Role.allCases.map(\.rawValue).joined(separator: ", ")), not \(role)")
        }
        if role != nil, wall != nil { throw ValidationError("--wall is for the whole study: leave --role out") }
    }

    func run() async throws {
        let time = try wall.map { text in
            guard let time = Duration(parsing: text), time > .zero else {
                throw CommandFailure(.badInput, "--wall must be a duration such as 9h or 30m, not \"\(text)\"")
            }
            return time
        }
        try await study.with(shared) { store, record in
            var (budget, record) = (Budget(json: record.spec["budget"] ?? .null) ?? Budget(), record)
            if isChange {
                change(&budget, wall: time)
                (budget, record) = try await keep(budget, of: record, in: store)
            }
            try await present(budget, record, in: store)
        }
    }

    private func change(_ budget: inout Budget, wall: Duration?) {
        if unlimited { budget = Budget() }
        let role = role.flatMap(Role.init(rawValue:))
        var limits = role.map { budget.roles[$0] ?? Budget.Limits() } ?? budget.all
        limits.lmCalls = lmCalls ?? limits.lmCalls
        limits.tokens = tokens ?? limits.tokens
        limits.usd = usd ?? limits.usd
        if let role { budget.roles[role] = limits } else { budget.all = limits }
        budget.wall = wall ?? budget.wall
    }

    /// The coordinator that leads the study takes it over within a second. A study that its budget has ended goes on.
    private func keep(_ budget: Budget, of record: StudyRecord, in store: Store) async throws -> (Budget, StudyRecord) {
        let wasStopped = record.state == "finished" && record.finishReason?.hasPrefix("budget_") == true
        guard !record.isEnded || wasStopped else {
            throw CommandFailure(
                .badInput,
                "the study '\(record.name)' (\(record.id)) has ended: it is \(record.state), and no budget has stopped it. To search further, compile its file with --fresh: what was asked before comes from the cache"
            )
        }
        guard !wasStopped || record.planVersion == StudyPlan.version else {
            throw CommandFailure(
                .badInput,
                "the study '\(record.name)' (\(record.id)) was planned by another version of nightshift (\(record.planVersion), this one is \(StudyPlan.version)), so its search can't go on here; its result stands. To search further, compile its file with --fresh: what was asked before comes from the cache"
            )
        }
        var study = try Study(json: record.spec)
        study.budget = budget == Budget() ? nil : budget
        study = try StudyCost().priced(study)
        var spec = record.spec.objectValue ?? [:]
        spec["budget"] = study.budget?.json
        if wasStopped {
            try await reopen(record, study.budget, spec: .object(spec), in: store)
        } else {
            try await store.update(study: record.number, spec: .object(spec))
        }
        return (study.budget ?? Budget(), try await store.study(number: record.number) ?? record)
    }

    private func reopen(_ record: StudyRecord, _ budget: Budget?, spec: JSON, in store: Store) async throws {
        let elapsed = try await store.studyLine(number: record.number)?.elapsedSeconds ?? 0
        if let wall = budget?.wall, wall < .seconds(elapsed) {
            throw CommandFailure(
                .badInput,
                "the study began \(elapsed.duration) ago, and budget.wall counts from there: give --wall more than that as well")
        }
        if let other = try await store.study(named: record.name), !other.isEnded {
            throw CommandFailure(
                .badInput, "another study '\(record.name)' (\(other.id)) is under way: only one of a name can be")
        }
        guard try await store.reopen(study: record.number, spec: spec) else {
            throw CommandFailure(.badInput, "the study \(record.id) cannot be continued: it ended before its search began")
        }
        shared.say(
            "the study \(record.id) goes on where its budget stopped it: a coordinator and workers of the database take it up, or compile with the same file"
        )
    }

    private func present(_ budget: Budget, _ record: StudyRecord, in store: Store) async throws {
        let elapsed = try await store.studyLine(number: record.number)?.elapsedSeconds ?? 0
        let account = try await StudyAccount(record, in: store)
        // What a change makes of the budget is shown as a whole.
        if !isChange, let role = role.flatMap(Role.init(rawValue:)) { return show(budget, of: role, record, account) }
        var limits = Self.limits(budget.all).merging(["wall_s": budget.wall.map { .double($0 / .seconds(1)) } ?? .null])
        if !budget.roles.isEmpty {
            let roles = Role.allCases.compactMap { role in
                budget.roles[role].map { (role.rawValue, JSON.object(Self.limits($0))) }
            }
            limits["roles"] = .object(JSONObject(roles))
        }
        let document: JSON = [
            "study": Self.heading(record), "budget": .object(limits),
            "used": .object((account.json(\.confirmed).objectValue ?? [:]).merging(["wall_s": .double(elapsed)])),
            "unconfirmed": account.json(\.unconfirmed), "reserved": account.json(\.reserved),
            "roles": account.roles,
        ]
        show(document)
    }

    /// One role's part alone.
    private func show(_ budget: Budget, of role: Role, _ record: StudyRecord, _ account: StudyAccount) {
        let part = account.of(role)
        var document: JSONObject = [
            "study": Self.heading(record), "role": .string(role.rawValue),
            "budget": .object(Self.limits(budget.roles[role] ?? Budget.Limits())),
        ]
        for key in ["used", "unconfirmed", "reserved"] { document[key] = part[key] }
        document["roles"] = .object(JSONObject([(role.rawValue, part)]))
        show(.object(document))
    }

    private func show(_ document: JSON) {
        guard !shared.json else { return Console.result(document.serialized(.python)) }
        for line in BudgetTable(style: .plain).lines(document) { Console.result(line) }
    }

    private static func heading(_ record: StudyRecord) -> JSON {
        ["id": .string(record.id), "name": .string(record.name), "state": .string(record.state)]
    }

    private static func limits(_ limits: Budget.Limits) -> JSONObject {
        [
            "lm_calls": limits.lmCalls.map(JSON.int) ?? .null, "tokens": limits.tokens.map(JSON.int) ?? .null,
            "usd": limits.usd.map(JSON.double) ?? .null,
        ]
    }
}
