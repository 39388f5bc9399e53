internal import ArgumentParser
internal import JSON
internal import Postgres
internal import Store

struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db", abstract: "Care for the database.",
        subcommands: [MigrateCommand.self, RolesCommand.self, CheckCommand.self, PruneCommand.self, DatabaseLogCommand.self])
}

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring a database to this version's schema; running it again changes nothing.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        guard let url = shared.databaseURL else {
            throw CommandFailure(.badInput, "name the database with --database URL; a private cluster is migrated by itself")
        }
        let address: PostgresAddress
        do { address = try PostgresAddress(url: url) } catch { throw CommandFailure(.badInput, "--database: \(error)") }
        do throws(StoreError) {
            let report = try await Migrator.migrate(address)
            let document: JSON = ["version": .int(report.version), "applied": .array(report.applied.map(JSON.string))]
            let text = report.applied.isEmpty ? "nothing to do" : "applied \(report.applied.joined(separator: ", "))"
            Console.result(shared.json ? document.serialized(.python) : "schema version \(report.version): \(text)")
        } catch {
            throw CommandFailure(.surroundings, "\(address): \(error)")
        }
    }
}
