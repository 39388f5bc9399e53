internal import Foundation
internal import Postgres
internal import PrivateCluster
internal import Store

/// A store that a command uses: the team's database, or a private cluster that runs as long as somebody needs it.
struct OpenStore: Sendable {
    let store: Store
    /// What another process needs to find the same database.
    let url: String
    let isPrivate: Bool
    private let cluster: PrivateCluster?

    /// Opens the database that the options name; a private cluster is started and migrated if need be.
    ///
    /// - Parameters:
    ///   - dataDirectory: where the private cluster lies unless `--data-dir` says otherwise.
    ///   - mustExist: a command that only looks does not make a cluster.
    ///   - mayDiffer: whether the schema may be of another version.
    /// - Throws: ``CommandFailure`` `.surroundings` where the database can't be reached; nothing was written.
    static func open(
        _ options: SharedOptions, dataDirectory: String = ".nightshift", mustExist: Bool = false, mayDiffer: Bool = false
    ) async throws -> OpenStore {
        if let url = options.databaseURL {
            let open = try await connect(url, isPrivate: false, cluster: nil)
            if !mayDiffer { try await open.checkSchema() }
            return open
        }
        do {
            let directory = URL(fileURLWithPath: options.dataDir ?? dataDirectory).standardizedFileURL.path
            if mustExist, !FileManager.default.fileExists(atPath: directory + "/cluster") {
                throw CommandFailure(
                    .badInput,
                    "there are no studies in \(directory): name another folder with --data-dir, or a database with --database")
            }
            let cluster = try await PrivateCluster.open(dataDirectory: directory) { options.say($0) }
            let open = try await connect(cluster.url, isPrivate: true, cluster: cluster)
            try await Migrator.migrate(open.store.database.address)
            return open
        } catch let error as PrivateClusterError {
            throw CommandFailure(.surroundings, "the private cluster: \(error)")
        } catch let error as StoreError {
            let remedy = error.code == .schema ? ". Move its folder away, or name another with --data-dir" : ""
            throw CommandFailure(.surroundings, "the private cluster: \(error)\(remedy)")
        }
    }

    private static func connect(_ url: String, isPrivate: Bool, cluster: PrivateCluster?) async throws -> OpenStore {
        let address: PostgresAddress
        do { address = try PostgresAddress(url: url) } catch { throw CommandFailure(.badInput, "--database: \(error)") }
        let database = Database(address: address, patience: .none, channels: [Store.planChannel])
        return OpenStore(store: Store(database), url: url, isPrivate: isPrivate, cluster: cluster)
    }

    /// A team's database is migrated by whoever owns it, not by every command.
    private func checkSchema() async throws {
        let found: Int?
        do { found = try await Migrator.version(of: store) } catch { throw failure(error) }
        guard found != Migrator.newest else { return }
        let remedy =
            if let found, found > Migrator.newest {
                "its schema is version \(found), this binary knows \(Migrator.newest) only: upgrade nightshift on this machine"
            } else {
                """
                its schema is \(found.map { "version \($0)" } ?? "missing"), this binary's is \(Migrator.newest): \
                run nightshift db migrate --database URL
                """
            }
        throw CommandFailure(.surroundings, "\(store.database.address): \(remedy)")
    }

    /// A second way into the same database, for parts that outlive its restarts.
    ///
    /// - Parameter log: where it says that the database is away, and that it is back.
    func patientStore(log: @escaping @Sendable (String) -> Void = { _ in }) -> Store {
        // Longer than the statement time-outs of enrolled roles.
        Store(
            Database(
                address: store.database.address, patience: .endless, channels: [Store.workChannel, Store.planChannel],
                answerLimit: .seconds(75), log: log))
    }

    /// Starts the private server again whenever it is gone, until the task is cancelled.
    func keepRunning(log: (String) -> Void) async {
        guard let cluster else { return }
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            guard !Task.isCancelled, !cluster.isRunning else { continue }
            do throws(PrivateClusterError) { try await cluster.ensureRunning(log: log) } catch {
                log("the private cluster: \(error)")
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }

    /// What went wrong with the database, and with which: a connection error names it already.
    private func failure(_ error: StoreError) -> CommandFailure {
        CommandFailure(.surroundings, error.code == .unreachable ? "\(error)" : "\(store.database.address): \(error)")
    }

    func close() async {
        await store.database.close()
        try? await cluster?.close()
    }

    /// Runs `body` with an open store and closes it in all cases.
    static func with<Result>(
        _ options: SharedOptions, dataDirectory: String = ".nightshift", mustExist: Bool = false,
        mayDiffer: Bool = false, _ body: (OpenStore) async throws -> Result
    ) async throws -> Result {
        let open = try await open(options, dataDirectory: dataDirectory, mustExist: mustExist, mayDiffer: mayDiffer)
        do {
            let result = try await body(open)
            await open.close()
            return result
        } catch {
            await open.close()
            throw (error as? StoreError).map { open.failure($0) } ?? error
        }
    }
}
