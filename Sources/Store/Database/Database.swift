package import Postgres

/// A connection that is made when it is needed and made again when it is lost.
///
/// Every statement is one call of a function of the schema, which is one transaction that may be repeated safely; so a
/// call whose answer was lost with the connection is simply made again.
package actor Database {
    /// How long a call goes on trying while the database is away.
    package enum Patience: Sendable {
        /// One attempt to connect: commands tell their user at once. A connection that was lost since the last call is made anew.
        case none
        /// Until the task is cancelled: workers and coordinators outlive a restart of the database.
        case endless
    }

    package nonisolated let address: PostgresAddress
    private let patience: Patience
    private var connection: PostgresConnection?
    private var connecting: Task<Result<PostgresConnection, PostgresError>, Never>?
    private var listeners: [Task<Void, Never>] = []
    private var board = NoticeBoard()
    private let channels: [String]
    private let answerLimit: Duration?
    /// Between two attempts of one call.
    private let backoff: Backoff
    private let log: @Sendable (String) -> Void
    /// Since when no attempt to connect has succeeded.
    private var awaySince: ContinuousClock.Instant?

    /// However long a call has to wait for others, a connection that says nothing for so long is dead.
    private static let longestAnswer = Duration.seconds(3600)

    /// - Parameters:
    ///   - channels: the notification channels that ``waitForNotice(on:beyond:atMost:)`` may wait for.
    ///   - answerLimit: a connection that has not answered a call for so long is given up: a peer that stands still keeps it
    ///     alive for ever. After each such end the call waits twice as long, since a lock may be what it waits for.
    ///   - log: where an endless patience says that the database is away, and that it is back.
    package init(
        address: PostgresAddress, patience: Patience, channels: [String] = [], answerLimit: Duration? = nil,
        backoff: Backoff = Backoff(), log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.address = address
        self.patience = patience
        self.channels = channels
        self.answerLimit = answerLimit
        self.backoff = backoff
        self.log = log
    }

    /// Runs one statement. Reconnects and repeats it, as patience allows, when the connection is lost; always repeats it when
    /// it has met a conflict between transactions.
    package func call(_ sql: String, _ parameters: [PostgresValue] = []) async throws(StoreError) -> [PostgresRow] {
        var backoff = backoff
        var mayReconnect = patience == .endless || connection != nil
        var limit = answerLimit
        while true {
            var used: PostgresConnection?
            let start = ContinuousClock.now
            do throws(PostgresError) {
                let connection = try await connected()
                used = connection
                return try await query(connection, sql, parameters, limit: limit)
            } catch {
                // Only what this call used: another call may have connected anew meanwhile.
                if error.isConnectionProblem, let used, used === connection { await drop() }
                if let passed = limit, ContinuousClock.now - start >= passed {
                    // Whoever has no patience has waited long enough.
                    if patience == .none { mayReconnect = false }
                    limit = min(passed * 2, Self.longestAnswer)
                }
                let mayRepeat = error.isSerialization || error.isConnectionProblem && mayReconnect
                mayReconnect = patience == .endless
                guard mayRepeat, !Task.isCancelled else { throw StoreError(error) }
                do { try await Task.sleep(for: backoff.next()) } catch { throw StoreError(.cancelled, "cancelled") }
            }
        }
    }

    private func query(
        _ connection: PostgresConnection, _ sql: String, _ parameters: [PostgresValue], limit: Duration?
    ) async throws(PostgresError) -> [PostgresRow] {
        guard let limit else { return try await connection.query(sql, parameters) }
        let alarm = Task {
            try await Task.sleep(for: limit)
            await connection.close()
        }
        defer { alarm.cancel() }
        return try await connection.query(sql, parameters)
    }

    package func close() async {
        await drop()
    }

    // MARK: Connection

    private func connected() async throws(PostgresError) -> PostgresConnection {
        if let connection { return connection }
        let task: Task<Result<PostgresConnection, PostgresError>, Never>
        if let connecting {
            task = connecting
        } else {
            let address = address
            // Callers share one attempt, which must not end with the first caller's cancellation.
            task = Task {
                do throws(PostgresError) {
                    return .success(try await PostgresConnection.connect(address))
                } catch {
                    return .failure(error)
                }
            }
            connecting = task
        }
        let result = await task.value
        if connecting == task {
            connecting = nil
            say(result)
            if case .success(let new) = result, connection == nil {
                connection = new
                // All who share the connection need it: it must not end with this caller's cancellation either.
                await Task { await listen(on: new) }.value
            }
        }
        return try result.get()
    }

    /// One line when the database goes and one when it is back, whatever the number of attempts between.
    private func say(_ attempt: Result<PostgresConnection, PostgresError>) {
        guard patience == .endless else { return }
        switch (attempt, awaySince) {
        case (.failure(let error), nil):
            awaySince = .now
            log("the database cannot be reached: \(error); trying again")
        case (.success, let since?):
            awaySince = nil
            log("the database is back after \(Int(((.now - since) / .seconds(1)).rounded(.up))) s")
        default: break
        }
    }

    private func drop() async {
        let lost = connection
        connection = nil
        for listener in listeners { listener.cancel() }
        listeners = []
        await lost?.close()
    }

    // MARK: Notifications

    private func listen(on connection: PostgresConnection) async {
        for channel in channels {
            guard let notices = try? await connection.listen(channel) else { return }
            listeners.append(
                Task { [weak self] in
                    for await _ in notices { await self?.post(channel) }
                })
        }
        // What was announced while nobody listened is unknown: let everybody look.
        for channel in channels { post(channel) }
    }

    private func post(_ channel: String) {
        for waiter in board.post(channel) { waiter.resume() }
    }

    /// How many notices the channel has had. Read it before looking at the tables, and wait for a later one.
    package func notices(on channel: String) -> Int { board.count(channel) }

    /// Returns when the channel has had more than `count` notices, when the time is up, or when the task is cancelled.
    /// A notice is a hint to look sooner; nothing depends on it.
    package func waitForNotice(on channel: String, beyond count: Int, atMost limit: Duration) async {
        guard board.count(channel) <= count else { return }
        let id = board.nextID()
        let alarm = Task { [weak self] in
            try? await Task.sleep(for: limit)
            await self?.expire(id)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume()
                } else {
                    board.add(id, on: channel, continuation)
                }
            }
        } onCancel: {
            alarm.cancel()
        }
        alarm.cancel()
    }

    private func expire(_ id: Int) {
        board.remove(id)?.resume()
    }
}
