internal import ArgumentParser
internal import Foundation
internal import Gateway
internal import JSON
internal import LanguageModels
internal import Studies

struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Serve OpenAI's API to local programs: their calls pass the team's cache and limits like a study's.",
        discussion:
            "Point a program's OPENAI_BASE_URL at http://ADDRESS/v1, or at http://ADDRESS/study/NAME/trial/N/role/ROLE/v1 to name "
            + "for whom it calls.")

    @Argument(help: "A study file whose lm section names the models of calls that name no study.")
    var study: String?

    @Option(help: ArgumentHelp("Where to listen; beyond this machine only if the address says so.", valueName: "127.0.0.1:8400"))
    var listen = "127.0.0.1:8400"

    @OptionGroup var provider: GatewayOptions
    @OptionGroup var monitoring: MetricsOptions
    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let address = try GatewayServer.Address.read(listen, flag: "--listen")
        try provider.check()
        let models = try study.map { try Self.models(ofFile: $0) }
        let folder = study.map { URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent(".nightshift").path }
        try await OpenStore.with(shared, dataDirectory: folder ?? ".nightshift") { open in
            let services = SharedServices(store: open.store, usesCache: !shared.noCache) { Console.say($0) }
            let routes = GatewayRoutes(
                store: open.store, options: provider, usesCache: !shared.noCache, models: models)
            let metrics = monitoring.makeServer { services.stack.gates.families }
            try await services.during {
                try await withThrowingTaskGroup { group in
                    if let metrics { group.addTask { try await metrics.serve { shared.say($0) } } }
                    group.addTask { try await services.serve(address, routes) { shared.say($0) } }
                    group.addTask { for await _ in Signals.stream() { return } }
                    if open.isPrivate { group.addTask { await open.keepRunning(log: shared.log) } }
                    try await group.next()
                    group.cancelAll()
                }
            }
        }
    }

    private static func models(ofFile path: String) throws -> StudyModels {
        do throws(StudyFileError) {
            return try resolveModels(file: path, environment: ProcessInfo.processInfo.environment) { (model, _) throws(Diagnostic) in
                _ = try LanguageModelSettings(model)
            }
        } catch {
            throw CommandFailure(.badInput, error.description)
        }
    }
}

extension SharedServices {
    /// Serves programs on this machine until the task is cancelled.
    /// - Throws: ``CommandFailure`` `.surroundings` where the address is taken.
    func serve(_ address: GatewayServer.Address, _ routes: GatewayRoutes, say: @escaping @Sendable (String) -> Void) async throws {
        do {
            try await GatewayServer(address, stack: stack, directory: routes).run { port in
                var bound = address
                bound.port = port
                if !address.isLoopback { say("the gateway is open to other machines, and asks nobody for a key") }
                say("gateway ready on http://\(bound.text)/v1")
            }
        } catch let error as Diagnostic {
            throw CommandFailure(.surroundings, "the gateway: \(error.message)")
        }
    }
}
