import Hummingbird
import JSON
import Logging
import NIOCore
import NIOPosix

/// The HTTP server of the simulated LM.
package struct SimulatedLMServer: Sendable {
    package struct Configuration: Sendable {
        package var host = "127.0.0.1"
        /// 0 takes any free port.
        package var port = 8080
        package var seed: UInt64 = 0
        package var knowledge = Knowledge.none
        package var logPath: String?
        package var simulation = SimulationConfiguration()

        package init() {}
    }

    private let configuration: Configuration

    package init(configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// Serves until the surrounding task is cancelled. `onReady` is told the port that is listened on.
    /// Throws a ``Diagnostic`` when the log cannot be written or the address is taken.
    package func run(onReady: @escaping @Sendable (_ port: Int) -> Void) async throws {
        let endpoints = Endpoints(
            model: SimulatedModel(seed: configuration.seed, knowledge: configuration.knowledge),
            configuration: configuration.simulation, seed: configuration.seed,
            log: try configuration.logPath.map { path in try RequestLog(path: path) })
        var logger = Logger(label: "simlm")
        // Cancelling the server logs every connection it drops as an error.
        logger.logLevel = .critical
        // One thread for the connections: answers are made on the cooperative pool, a second would only add switches.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let application = Application(
            responder: endpoints,
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), backlog: 4096),
            onServerRunning: { channel in onReady(channel.localAddress?.port ?? 0) },
            eventLoopGroupProvider: .shared(group),
            logger: logger)
        do {
            try await application.run()
            try await group.shutdownGracefully()
        } catch {
            try? await group.shutdownGracefully()
            guard let error = error as? IOError else { throw error }
            throw Diagnostic(JSONPath(), "cannot listen on \(configuration.host):\(configuration.port): \(error)")
        }
    }
}
