internal import ArgumentParser
internal import JSON
internal import Store
internal import Studies

struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "Care for the team's cache of LM answers.",
        subcommands: [CacheStatsCommand.self, CacheCleanCommand.self])
}

struct CacheStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show what the cache holds, by model: answers, size, the tokens that they took.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        try await OpenStore.with(shared, mustExist: true) { open in
            let models = try await open.store.cacheStatistics()
            if shared.json {
                Console.result(cacheJSON(models).serialized(.python))
            } else {
                show(CacheTable(style: .plain, width: Terminal.standardOutput.size.columns).lines(models))
            }
        }
    }
}

struct CacheCleanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove answers that are old, and those used least recently where the cache is too large.")

    @Option(help: ArgumentHelp("Remove what was written longer ago than this.", valueName: "30d"))
    var olderThan: String?

    @Option(help: ArgumentHelp("Remove what was used least recently beyond this size.", valueName: "10GB"))
    var maxSize: String?

    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard olderThan != nil || maxSize != nil else {
            throw ValidationError("say what is to go: --older-than 30d, --max-size 10GB, or both")
        }
    }

    func run() async throws {
        let age = try olderThan.map { text in
            guard let age = Duration(parsing: text) else {
                throw CommandFailure(.badInput, "--older-than must be a duration such as 30d or 12h, not \"\(text)\"")
            }
            return age
        }
        let size = try maxSize.map { text in
            guard let size = ByteCount(parsing: text) else {
                throw CommandFailure(.badInput, "--max-size must be a size such as 500MB or 10GB, not \"\(text)\"")
            }
            return size.bytes
        }
        try await OpenStore.with(shared, mustExist: true) { open in
            let removed = try await open.store.cleanCache(olderThan: age, maxSize: size)
            let left = try await open.store.cacheStatistics()
            let (answers, bytes) = (left.reduce(0) { $0 + $1.answers }, left.reduce(0) { $0 + $1.bytes })
            let document: JSON = [
                "removed": ["answers": .int(removed.answers), "bytes": .int(removed.bytes)],
                "left": ["answers": .int(answers), "bytes": .int(bytes)],
            ]
            Console.result(
                shared.json
                    ? document.serialized(.python)
                    : "removed \(removed.answers.counted("answer")) (\(ByteCount(removed.bytes).text)); "
                        + "\(answers.counted("answer")) left (\(ByteCount(bytes).text))")
        }
    }
}
