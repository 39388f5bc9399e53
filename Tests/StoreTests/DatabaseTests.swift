import Foundation
import Postgres
import Store
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct DatabaseTests {
    private let channel = "nightshift_test"

    private func database(channels: [String] = []) async throws -> Database {
        try Database(address: PostgresAddress(url: await TestCluster.shared.makeDatabase()), patience: .none, channels: channels)
    }

    @Test func aNoticeEndsTheWait() async throws {
        let database = try await database(channels: [channel])
        _ = try await database.call("SELECT 1")
        let seen = await database.notices(on: channel)
        async let waited = ContinuousClock().measure {
            await database.waitForNotice(on: channel, beyond: seen, atMost: .seconds(20))
        }
        try await Task.sleep(for: .milliseconds(50))
        _ = try await database.call("SELECT pg_notify($1, '')", [.text(channel)])
        // Far below the limit of the wait, whatever else the machine does.
        #expect(await waited < .seconds(10))
        #expect(await database.notices(on: channel) == seen + 1)
        // One that came before the wait counts too.
        let again = await ContinuousClock().measure {
            await database.waitForNotice(on: channel, beyond: seen, atMost: .seconds(20))
        }
        #expect(again < .seconds(10))
    }

    @Test func withoutANoticeTheWaitEndsInTimeOrWhenItIsCancelled() async throws {
        let database = try await database(channels: [channel])
        _ = try await database.call("SELECT 1")
        let seen = await database.notices(on: channel)
        let timed = await ContinuousClock().measure {
            await database.waitForNotice(on: channel, beyond: seen, atMost: .milliseconds(100))
        }
        #expect(timed >= .milliseconds(100) && timed < .seconds(30))
        let wait = Task { await database.waitForNotice(on: channel, beyond: seen, atMost: .seconds(600)) }
        try await Task.sleep(for: .milliseconds(20))
        wait.cancel()
        await wait.value
    }

    @Test func aCallWithoutPatienceSaysThatTheDatabaseIsAway() async throws {
        let away = Database(
            address: try PostgresAddress(url: "postgres:///nothing?host=/nonexistent&user=nightshift"), patience: .none)
        #expect(await storeErrorCode { _ = try await away.call("SELECT 1") } == .unreachable)
    }

    @Test func aPatientCallEndsWhenItIsCancelled() async throws {
        let away = Database(
            address: try PostgresAddress(url: "postgres:///nothing?host=/nonexistent&user=nightshift"), patience: .endless)
        let call = Task { await storeErrorCode { _ = try await away.call("SELECT 1") } }
        try await Task.sleep(for: .milliseconds(200))
        call.cancel()
        let code = await call.value
        #expect(code == .cancelled || code == .unreachable)
    }

    /// One line when it goes and one when it is back, however many attempts and calls there are between.
    @Test func aPatientDatabaseSaysThatItIsAwayAndBack() async throws {
        let url = try await TestCluster.shared.makeDatabase()
        let folder = try #require(url.firstMatch(of: /host=([^&]+)/)?.output.1)
        let door = FileManager.default.temporaryDirectory.appendingPathComponent("door-\(UUID().uuidString.prefix(8))")
        let lines = Mutex<[String]>([])
        let database = Database(
            address: try PostgresAddress(url: url.replacing("host=\(folder)", with: "host=\(door.path)")), patience: .endless,
            backoff: Backoff(base: .milliseconds(10), ceiling: .milliseconds(20)),
            log: { line in lines.withLock { $0.append(line) } })
        let calls = (0..<3).map { _ in Task { try await database.call("SELECT 7 AS x")[0].int("x") } }
        while lines.withLock(\.isEmpty) { try await Task.sleep(for: .milliseconds(10)) }
        try await Task.sleep(for: .milliseconds(300))
        #expect(lines.withLock(\.count) == 1)
        try FileManager.default.createSymbolicLink(atPath: door.path, withDestinationPath: String(folder))
        defer { try? FileManager.default.removeItem(at: door) }
        for call in calls { #expect(try await call.value == 7) }
        let said = lines.withLock { $0 }
        #expect(said.count == 2, "\(said)")
        #expect(
            said.first?.hasPrefix("the database cannot be reached: ") == true && said.first?.hasSuffix("; trying again") == true)
        #expect(said.last?.wholeMatch(of: /the database is back after [0-9]+ s/) != nil, "\(said)")
    }

    @Test func aConflictBetweenTransactionsIsTriedAgain() async throws {
        let database = Database(address: try PostgresAddress(url: try await TestCluster.shared.makeDatabase()), patience: .none)
        _ = try await database.call("CREATE SEQUENCE tries")
        _ = try await database.call(
            """
            CREATE FUNCTION third_time_lucky() RETURNS bigint LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('tries') < 3 THEN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END IF;
                RETURN currval('tries');
            END $$
            """)
        #expect(try await database.call("SELECT third_time_lucky() AS try")[0].int("try") == 3)
    }
}

/// These restart the server, so they have one of their own.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LostDatabaseTests {
    private static let cluster = TestCluster()

    private func database(_ patience: Database.Patience, channels: [String] = []) async throws -> Database {
        // What the server has acknowledged is to survive its end, which the other tests do without.
        let url = try await Self.cluster.url + "&options=-csynchronous_commit%3Don"
        return try Database(address: PostgresAddress(url: url), patience: patience, channels: channels)
    }

    @Test func patientCallsOutliveARestart() async throws {
        let database = try await database(.endless)
        _ = try await database.call("CREATE TABLE outlived (number int PRIMARY KEY)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    try await Task.sleep(for: .milliseconds(number * 10))
                    _ = try await database.call(
                        "INSERT INTO outlived SELECT $1 FROM pg_sleep(0.02) ON CONFLICT DO NOTHING", [.int(number)])
                }
            }
            try await Task.sleep(for: .milliseconds(150))
            try await Self.cluster.restart(mode: .immediate)
            try await group.waitForAll()
        }
        #expect(try await database.call("SELECT count(*) AS rows FROM outlived")[0].int("rows") == 40)
    }

    @Test func anImpatientCallFailsAndTheNextOneConnectsAnew() async throws {
        let database = try await database(.none)
        _ = try await database.call("SELECT 1")
        let call = Task { await storeErrorCode { _ = try await database.call("SELECT pg_sleep(30)") } }
        try await Task.sleep(for: .milliseconds(100))
        try await Self.cluster.stop(mode: .immediate)
        #expect(await call.value == .unreachable)
        #expect(await storeErrorCode { _ = try await database.call("SELECT 1") } == .unreachable)
        try await Self.cluster.start()
        #expect(try await database.call("SELECT 7 AS x")[0].int("x") == 7)
    }

    @Test func anImpatientCallDoesNotMindALossBeforeIt() async throws {
        let database = try await database(.none)
        _ = try await database.call("SELECT 1")
        try await Self.cluster.restart(mode: .immediate)
        #expect(try await database.call("SELECT 7 AS x")[0].int("x") == 7)
    }

    @Test func aNewConnectionListensAgain() async throws {
        let channel = "nightshift_test"
        let database = try await database(.endless, channels: [channel])
        _ = try await database.call("SELECT 1")
        try await Self.cluster.restart(mode: .immediate)
        let before = await database.notices(on: channel)
        _ = try await database.call("SELECT 1")
        // What was announced meanwhile is unknown, so whoever waits looks once.
        let seen = await database.notices(on: channel)
        #expect(seen > before)
        async let waited = ContinuousClock().measure {
            await database.waitForNotice(on: channel, beyond: seen, atMost: .seconds(20))
        }
        try await Task.sleep(for: .milliseconds(50))
        _ = try await database.call("SELECT pg_notify($1, '')", [.text(channel)])
        // Far below the limit of the wait, whatever else the machine does.
        #expect(await waited < .seconds(10))
    }
}
