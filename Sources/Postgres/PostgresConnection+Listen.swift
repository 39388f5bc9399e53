internal import CLibpq

extension PostgresConnection {
    struct Subscriber {
        let channel: String
        let stream: AsyncStream<PostgresNotification>.Continuation
    }

    /// The notifications sent to `channel` from now on. The stream ends when the connection is closed or lost; the server
    /// is told to stop when the last stream of a channel is no longer read. Keep the connection while reading.
    package func listen(_ channel: String) async throws(PostgresError) -> AsyncStream<PostgresNotification> {
        let (stream, continuation) = AsyncStream.makeStream(of: PostgresNotification.self)
        nextSubscriber += 1
        let id = nextSubscriber
        // Before LISTEN is sent, so that nothing is missed after it took effect.
        subscribers[id] = Subscriber(channel: channel, stream: continuation)
        do throws(PostgresError) {
            try await query("listen \(Self.quoted(channel))")
        } catch {
            unsubscribe(id)
            continuation.finish()
            throw error
        }
        continuation.onTermination = { [weak self] _ in
            guard let self else { return }
            Task { await self.unsubscribe(id) }
        }
        return stream
    }

    func forwardNotifications(_ handle: OpaquePointer) {
        guard self.handle != nil else { return }
        while let notify = PQnotifies(handle) {
            defer { PQfreemem(notify) }
            let notification = PostgresNotification(
                channel: String(cString: notify.pointee.relname), payload: String(cString: notify.pointee.extra),
                pid: Int(notify.pointee.be_pid))
            for subscriber in subscribers.values where subscriber.channel == notification.channel {
                subscriber.stream.yield(notification)
            }
        }
    }

    private func unsubscribe(_ id: UInt64) {
        guard let gone = subscribers.removeValue(forKey: id), handle != nil else { return }
        guard !subscribers.values.contains(where: { $0.channel == gone.channel }) else { return }
        guard let statement = try? Statement("unlisten \(Self.quoted(gone.channel))", [], name: nil) else { return }
        enqueue(statement, id: pending.makeID(), waiter: nil)
    }

    private static func quoted(_ identifier: String) -> String { "\"" + identifier.replacing("\"", with: "\"\"") + "\"" }
}
