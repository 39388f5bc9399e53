import JSON
import NIOCore
import Serving

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
        do {
            try await WebServer(host: configuration.host, port: configuration.port, responder: endpoints).run(onReady: onReady)
        } catch {
            guard let error = error as? IOError else { throw error }
            throw Diagnostic(JSONPath(), "cannot listen on \(configuration.host):\(configuration.port): \(error)")
        }
    }
}
