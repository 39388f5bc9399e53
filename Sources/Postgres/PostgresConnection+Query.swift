internal import CLibpq

extension PostgresConnection {
    /// Executes one statement as a transaction of its own (simple mode: within the open transaction, if any).
    ///
    /// - Parameters:
    ///   - parameters: the values of `$1`, `$2`, …, in text format.
    ///   - name: keeps the statement planned under this name for the life of the connection. Always the same SQL for one
    ///     name. Not through a pgbouncer older than 1.21.
    /// - Throws: `server` when the statement is refused; `connectionLost` when it is not known whether it was executed;
    ///   `cancelled` at once when the task is cancelled, though the server may go on.
    @discardableResult
    package nonisolated func query(
        _ sql: String, _ parameters: [PostgresValue] = [], prepare name: String? = nil
    ) async throws(PostgresError) -> [PostgresRow] {
        let table = try await submit(Statement(sql, parameters, name: name))
        guard let table else { return [] }
        return (0..<table.rowCount).map { PostgresRow(table: table, index: $0) }
    }

    /// Executes the statements of a script, which may hold its own `BEGIN` and `COMMIT`; without them it is one transaction.
    /// Needs `mode: .simple`. After an error inside `BEGIN` the transaction is rolled back.
    package nonisolated func execute(script: String) async throws(PostgresError) {
        guard mode == .simple else {
            throw PostgresError(.invalidValue, "a script needs a connection opened with mode .simple")
        }
        do throws(PostgresError) {
            _ = try await submit(Statement(script: script))
        } catch {
            if error.code == .server { _ = try? await submit(Statement(script: "rollback")) }
            throw error
        }
    }

    private func submit(_ statement: Statement) async throws(PostgresError) -> ResultTable? {
        if Task.isCancelled { throw PostgresError(.cancelled, "cancelled", query: statement.sql) }
        _ = try openHandle()
        let id = pending.makeID()
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { enqueue(statement, id: id, waiter: $0) }
        } onCancel: {
            Task { await self.abandon(id) }
        }
        return try outcome.get()
    }

    /// Puts a call into the queue and, when it may go out now, onto the wire.
    func enqueue(_ statement: Statement, id: UInt64, waiter: Waiter?) {
        var prepares = false
        if case .query(let name?) = statement.kind {
            let known = prepared.updateValue(statement.sql, forKey: name)
            precondition(
                known == nil || known == statement.sql, "the statement name “\(name)” stands for two different statements")
            prepares = known == nil
        }
        pending.append(statement, id: id, prepares: prepares, waiter: waiter)
        if mode == .pipeline || pending.count == 1 { send(statement, prepares: prepares) }
    }

    private func abandon(_ id: UInt64) {
        guard let waiter = pending.abandon(id) else { return }
        waiter.resume(returning: .failure(PostgresError(.cancelled, "cancelled while waiting for the answer")))
    }

    // MARK: Sending

    private func send(_ statement: Statement, prepares: Bool) {
        guard let handle else { return }
        let isSent =
            switch statement.kind {
            case .script: PQsendQuery(handle, statement.sql) == 1
            case .query(nil):
                statement.withParameters { PQsendQueryParams(handle, statement.sql, $0, nil, $1, nil, nil, 0) == 1 }
            case .query(let name?) where prepares && mode == .simple:
                // One command at a time: the execution follows when the plan is there.
                PQsendPrepare(handle, name, statement.sql, 0, nil) == 1
            case .query(let name?):
                (!prepares || PQsendPrepare(handle, name, statement.sql, 0, nil) == 1)
                    && statement.withParameters { PQsendQueryPrepared(handle, name, $0, $1, nil, nil, 0) == 1 }
            }
        guard isSent, mode == .simple || PQpipelineSync(handle) == 1 else {
            return end(PostgresError(.connectionLost, Self.message(of: handle)))
        }
        flush()
    }

    // MARK: Receiving

    /// Reads what has come and answers the calls whose results are complete.
    func receive() {
        guard let handle else { return }
        let isAlive = PQconsumeInput(handle) == 1
        drain(handle)
        forwardNotifications(handle)
        if self.handle != nil, !isAlive || PQstatus(handle) != CONNECTION_OK {
            end(PostgresError(.connectionLost, "the connection was lost: \(Self.message(of: handle))"))
        }
    }

    private func drain(_ handle: OpaquePointer) {
        // In a pipeline, NULL stands between two commands; twice in a row it means that nothing more is there.
        var nulls = 0
        while self.handle != nil, !pending.isEmpty, nulls < 2, PQisBusy(handle) == 0 {
            guard let result = PQgetResult(handle) else {
                nulls += 1
                if mode == .simple { finishSimple(handle) }
                continue
            }
            nulls = 0
            take(ResultTable(result), PQresultStatus(result), handle)
        }
    }

    private func take(_ table: ResultTable, _ status: ExecStatusType, _ handle: OpaquePointer) {
        switch status {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: pending.received(table)
        case PGRES_PIPELINE_SYNC: finishHead()
        // The error that caused it has come before.
        case PGRES_PIPELINE_ABORTED: break
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            pending.received(PostgresError(.server, "COPY is not possible here; the connection was closed"))
            end(PostgresError(.connectionLost, "an earlier COPY ended the connection"))
        default: pending.received(table.error(query: pending.head?.statement.sql))
        }
    }

    private func finishHead() {
        guard let call = pending.finishHead() else { return }
        if case .failure = call.outcome, call.prepares, call.resultCount == 0, case .query(let name?) = call.statement.kind {
            prepared[name] = nil
        }
        call.waiter?.resume(returning: call.outcome.mapError { $0.in(call.statement.sql) })
    }

    /// The command under way is over: executes what it prepared, or answers its call and sends the next one.
    private func finishSimple(_ handle: OpaquePointer) {
        if let call = pending.head, call.prepares, call.resultCount == 1, case .success = call.outcome {
            return send(call.statement, prepares: false)
        }
        finishHead()
        if let next = pending.head { send(next.statement, prepares: next.prepares) }
    }
}
