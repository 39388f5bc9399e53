package import Hummingbird
internal import Logging
internal import NIOCore
internal import NIOPosix

/// HTTP/1.1 on a thread of its own: what is answered is computed on the cooperative pool, so a second would only add switches.
package struct WebServer<Responder: HTTPResponder>: Sendable where Responder.Context == BasicRequestContext {
    private let host: String
    private let port: Int
    private let responder: Responder

    /// - Parameter port: 0 takes any free one.
    package init(host: String, port: Int, responder: Responder) {
        self.host = host
        self.port = port
        self.responder = responder
    }

    /// Serves until the surrounding task is cancelled.
    /// - Parameter onReady: told the port that is listened on.
    /// - Throws: why the address cannot be listened on.
    package func run(onReady: @escaping @Sendable (_ port: Int) -> Void) async throws {
        var logger = Logger(label: "web")
        // Cancelling the server logs every connection it drops as an error.
        logger.logLevel = .critical
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), backlog: 4096),
            onServerRunning: { channel in onReady(channel.localAddress?.port ?? 0) },
            eventLoopGroupProvider: .shared(group),
            logger: logger)
        do {
            try await application.run()
            try await group.shutdownGracefully()
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }
}
