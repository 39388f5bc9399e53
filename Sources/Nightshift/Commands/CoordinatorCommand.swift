internal import ArgumentParser
internal import Coordinator
internal import Foundation
internal import Store

struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator", abstract: "Plan every study of the database that nobody else leads; run two for failover.")

    @OptionGroup var shared: SharedOptions

    @OptionGroup var monitoring: MetricsOptions

    @Option(help: "Seconds after which another coordinator may take a dead one's studies over.")
    var term = 6.0

    func validate() throws {
        guard (1...3600).contains(term) else { throw ValidationError("--term must be 1 to 3600 seconds") }
    }

    func run() async throws {
        try await OpenStore.with(shared) { open in
            // Whoever may not coordinate is told so now, not again and again.
            _ = try await open.store.studiesToLead(holder: UUID())
            var configuration = CoordinatorConfiguration()
            configuration.termTTL = .seconds(term)
            let coordinator = Coordinator(
                store: open.patientStore { Console.say($0) }, configuration: configuration, log: { Console.say($0) })
            shared.say("coordinator ready on \(open.store.database.address)")
            let metrics = monitoring.makeServer {
                queueMetrics(try await open.store.queueHealth(), workers: try await open.store.workerCount())
            }
            let say: @Sendable (String) -> Void = { shared.say($0) }
            try await withThrowingTaskGroup { group in
                group.addTask { try await coordinator.run() }
                if let metrics { group.addTask { try await metrics.serve(say) } }
                group.addTask { for await _ in Signals.stream() { return } }
                try await group.next()
                group.cancelAll()
            }
        }
    }
}
