import Foundation
import Postgres
import PrivateCluster
import Testing

@Suite(.serialized) final class PrivateClusterTests: Sendable {
    private let folder: String

    init() {
        folder = "/tmp/nightshift-cluster-test-\(UUID().uuidString.prefix(8))"
        mkdir(folder, 0o755)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private var data: String { folder + "/.nightshift/cluster/data" }
    private func open() async throws -> PrivateCluster { try await .open(dataDirectory: folder + "/.nightshift") { _ in } }

    private func query(_ cluster: PrivateCluster, _ sql: String) async throws -> [PostgresRow] {
        let connection = try await PostgresConnection.connect(PostgresAddress(url: cluster.url))
        defer { Task { await connection.close() } }
        return try await connection.query(sql)
    }

    @Test func dataOutlivesTheServerAndTheLastOneOutStopsIt() async throws {
        // A half-made data folder is discarded.
        try FileManager.default.createDirectory(atPath: data + ".tmp-1/base", withIntermediateDirectories: true)
        async let one = open()
        async let two = open()
        let (first, second) = (try await one, try await two)
        #expect(first.url == second.url && !FileManager.default.fileExists(atPath: data + ".tmp-1"))
        _ = try await query(first, "create table t as select 42 as x")
        try await first.close()
        try await first.close()
        #expect(try await query(second, "select x from t")[0].int("x") == 42)
        try await second.close()
        #expect(Postmaster.processes(dataFolder: data).isEmpty)
        let third = try await open()
        #expect(try await query(third, "select x from t")[0].int("x") == 42)
        try await third.close()
    }

    @Test func aKilledServerIsRecovered() async throws {
        let cluster = try await open()
        _ = try await query(cluster, "create table t as select 42 as x")
        let postmaster = try #require(Postmaster(dataFolder: data))
        kill(postmaster.processID, SIGKILL)
        let again = try await open()
        #expect(again.url == cluster.url)
        #expect(try await query(again, "select x from t")[0].int("x") == 42)
        try await again.close()
        try await cluster.close()
        #expect(Postmaster.processes(dataFolder: data).isEmpty)
    }

    @Test func aServerKilledUnderItsUserIsStartedAgainAtTheSameAddress() async throws {
        let cluster = try await open()
        #expect(cluster.isRunning)
        kill(try #require(Postmaster(dataFolder: data)).processID, SIGKILL)
        while cluster.isRunning { try await Task.sleep(for: .milliseconds(5)) }
        try await cluster.ensureRunning { _ in }
        #expect(cluster.isRunning)
        #expect(try await query(cluster, "select 1 as x")[0].int("x") == 1)
        try await cluster.close()
        #expect(!cluster.isRunning)
    }

    @Test func aLockFileThatNamesAZombieOrAStrangerIsCleared() async throws {
        try await open().close()
        let null = Foundation.open("/dev/null", O_RDWR)
        let zombie = try ChildProcess.spawn(["/bin/true"], input: null, output: null)
        defer {
            waitpid(zombie, nil, 0)
            close(null)
        }
        for processID in [zombie, getpid(), 1] {
            try "\(processID)\n\(data)\n1\n5432\n/tmp/none\n\n".write(
                toFile: data + "/postmaster.pid", atomically: false, encoding: .utf8)
            let cluster = try await open()
            #expect(try await query(cluster, "select 1 as x")[0].int("x") == 1)
            try await cluster.close()
        }
    }
}
