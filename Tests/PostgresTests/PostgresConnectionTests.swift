import Postgres
import TestSupport
import Testing

@Suite(.serialized) struct PostgresConnectionTests {
    private func connect(mode: PostgresConnection.Mode = .pipeline) async throws -> PostgresConnection {
        try await .connect(PostgresAddress(url: TestCluster.shared.url), mode: mode)
    }

    @Test func valuesOfEveryTypeComeBackAsTheyWent() async throws {
        let connection = try await connect()
        let rows = try await connection.query(
            """
            select $1::int8 as i, $2::float8 as d, $3::text as t, $4::bool as b, $5::jsonb->>'k' as j, $6::text as n,
              $7::int8[] as ia, $8::text[] as ta, $9::float8[] as da, $10::bytea as y
            """,
            [
                .int(Int.min), .double(0.1), .text("ü'\"\\"), .bool(true), .json(#"{"k":"v"}"#), .null, .intArray([1, -2]),
                .textArray(["a,b", nil, "NULL", "q\"\\{}", ""]), .doubleArray([1.5, -.infinity]), .bytes([0, 255, 16]),
            ])
        let row = try #require(rows.first)
        #expect(try row.int("i") == Int.min && row.double("d") == 0.1 && row.text("t") == "ü'\"\\" && row.bool("b"))
        #expect(try row.text("j") == "v" && row.optionalText("n") == nil && row.isNull("n") && row.intArray("ia") == [1, -2])
        #expect(try row.textArray("ta") == ["a,b", nil, "NULL", "q\"\\{}", ""])
        #expect(try row.doubleArray("da") == [1.5, -.infinity] && row.bytes("y") == [0, 255, 16])
        #expect(throws: PostgresError.self) { try row.int("t") }
        #expect(throws: PostgresError.self) { try row.int("missing") }
        await #expect(throws: PostgresError.self) { try await connection.query("select $1::text", [.text("a\0b")]) }
    }

    @Test func oneCallersErrorIsNotTheOthers() async throws {
        let connection = try await connect()
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    do {
                        let rows = try await connection.query(
                            "select 100 / ($1::int8 % 5) as x", [.int(number)], prepare: "divide")
                        return try number % 5 != 0 && rows[0].int("x") == 100 / (number % 5)
                    } catch {
                        return number % 5 == 0 && (error as? PostgresError)?.sqlState == "22012"
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test func largeParametersAndResultsPass() async throws {
        let connection = try await connect()
        let text = String(repeating: "0123456789", count: 500_000)
        async let first = connection.query("select $1::text as t", [.text(text)])
        async let second = connection.query("select $1::text as t", [.text(text)])
        #expect(try await first[0].text("t") == text)
        #expect(try await second[0].text("t") == text)
    }

    @Test func notificationsArriveUntilTheConnectionEnds() async throws {
        let (listener, speaker) = (try await connect(), try await connect())
        var iterator = try await listener.listen("Some \"Channel").makeAsyncIterator()
        try await speaker.query("select pg_notify($1, $2)", [.text("Some \"Channel"), .text("hello")])
        let notification = await iterator.next()
        #expect(notification?.payload == "hello" && notification?.channel == "Some \"Channel")
        await listener.close()
        #expect(await iterator.next() == nil)
    }

    @Test func aCancelledCallReturnsAtOnceAndTheNextOneGetsItsOwnAnswer() async throws {
        let connection = try await connect()
        let start = ContinuousClock.now
        let call = Task { try await connection.query("select pg_sleep(6), 1 as x") }
        try await Task.sleep(for: .milliseconds(50))
        call.cancel()
        let outcome = await call.result
        #expect(throws: PostgresError.self) { try outcome.get() }
        #expect(ContinuousClock.now - start < .seconds(5), "it does not wait for the answer, which takes six seconds")
        #expect(try await connection.query("select 2 as x")[0].int("x") == 2)
    }

    @Test func scriptsRunWholeOrNotAtAll() async throws {
        let connection = try await connect(mode: .simple)
        try await connection.execute(script: "begin; create table a_script (x int); insert into a_script values (1); commit;")
        await #expect(throws: PostgresError.self) {
            try await connection.execute(script: "begin; insert into a_script values (2); select 1/0; commit;")
        }
        #expect(try await connection.query("select sum(x) as s from a_script", prepare: "sum")[0].int("s") == 1)
        #expect(try await connection.query("select sum(x) as s from a_script", prepare: "sum")[0].int("s") == 1)
    }

    @Test func aKilledServerFailsWhatIsPendingAndCanBeReachedAgain() async throws {
        let connection = try await connect()
        let call = Task { try await connection.query("select pg_sleep(30)") }
        let other = Task { try await connection.query("select 1") }
        try await Task.sleep(for: .milliseconds(100))
        try await TestCluster.shared.restart(mode: .kill)
        for task in [call, other] {
            let outcome = await task.result
            let error = #expect(throws: PostgresError.self) { try outcome.get() }
            #expect(error?.code == .connectionLost && error?.isConnectionProblem == true)
        }
        #expect(await connection.isClosed)
        #expect(try await connect().query("select 7 as x")[0].int("x") == 7)
    }

    @Test func anAddressNeverShowsItsPassword() throws {
        let address = try PostgresAddress(url: "postgres://me:secret'x@db.example:5433/app?connect_timeout=9")
        #expect(!address.description.contains("secret") && address.description.contains("db.example"))
        #expect(address.conninfo.contains("secret\\'x") && address.conninfo.contains("connect_timeout='9'"))
        let error = #expect(throws: PostgresError.self) { try PostgresAddress(url: "postgrs://me:secret@host/x y=") }
        #expect(error.map { "\($0)".contains("secret") } == false)
    }
}
