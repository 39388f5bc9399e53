internal import ArgumentParser
internal import CEventPoll
internal import Evaluation
internal import Foundation
internal import Gateway
internal import LanguageModels
internal import Monitoring
internal import Store
internal import Studies
internal import Worker

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Lease units, call the LM, report results. SIGTERM drains, a second SIGTERM stops at once.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var monitoring: MetricsOptions
    @OptionGroup var tape: TapeOptions

    @Option(help: "Examples kept in flight.")
    var concurrency = 32

    @Option(help: "Work for one study only: its id, name or file.")
    var study: String?

    @Option(help: "The name under which the worker is listed.")
    var name: String?

    @Option(help: "Seconds after which a dead worker's units go to others.")
    var session = 15.0

    @Option(help: "Seconds after which a lease ends of which neither side knows any more; while its examples run it is put off.")
    var lease = 600.0

    @Option(
        defaultAsFlag: "127.0.0.1:8400",
        help: ArgumentHelp("Serve OpenAI's API to local programs, whose calls pass the worker's stack.", valueName: "address"))
    var gateway: String?

    @Option(help: .hidden)
    var studyNumber: Int?

    @Flag(help: .hidden)
    var withParent = false

    /// An address that has never answered is given up. Not by a worker that took the place of another: that one may have had answers.
    @Flag(help: .hidden)
    var impatient = false

    func validate() throws {
        guard (1...4096).contains(concurrency) else {
            throw ValidationError("--concurrency must be 1 to 4096, not \(concurrency)")
        }
        guard (1...3600).contains(session) else { throw ValidationError("--session must be 1 to 3600 seconds") }
        guard (1...86_400).contains(lease) else { throw ValidationError("--lease must be 1 to 86400 seconds") }
    }

    func run() async throws {
        if withParent {
            // The parent may have died before the request: then this process was already handed to another.
            let parent = getppid()
            _ = nightshift_die_with_parent(SIGTERM)
            guard getppid() == parent else { return }
        }
        let address = try gateway.map { try GatewayServer.Address.read($0, flag: "--gateway") }
        let reference = study.map(StudyReference.init)
        try await OpenStore.with(shared, dataDirectory: reference?.dataDirectory ?? ".nightshift") { open in
            var number = studyNumber
            let only = try await reference?.find(in: open.store)
            if let only { number = only.number }
            let processName = name ?? "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)"
            var configuration = WorkerConfiguration(name: processName, concurrency: concurrency, study: number)
            configuration.sessionTTL = .seconds(session)
            configuration.unitTTL = .seconds(lease)
            let log: @Sendable (String) -> Void = { Console.say("\(processName): \($0)") }
            let store = open.patientStore(log: log)
            let services = SharedServices(
                store: store, usesCache: !shared.noCache, tape: try tape.open(),
                patience: impatient ? LocalWorkers.patience : nil, log: log)
            let worker = Worker(
                store: store, configuration: configuration, providersAway: { services.providersAway },
                makeRuntime: { try StudyRuntime.make($0, id: $1, with: services) }, log: log)
            if !withParent { shared.say("worker \(processName) ready on \(open.store.database.address)") }
            let metrics = monitoring.makeServer { services.stack.gates.families }
            let routes = GatewayRoutes(
                store: open.store, options: try GatewayOptions.parse([]), usesCache: !shared.noCache, study: only?.id)
            try await services.during {
                try await withThrowingTaskGroup { group in
                    group.addTask { try await work(worker, metrics) }
                    if let address { group.addTask { try await services.serve(address, routes) { shared.say($0) } } }
                    try await group.next()
                    group.cancelAll()
                }
            }
        }
    }

    private func work(_ worker: Worker, _ metrics: MetricsServer?) async throws {
        let say: @Sendable (String) -> Void = { shared.say($0) }
        try await withThrowingTaskGroup { group in
            group.addTask { try await worker.run() }
            if let metrics { group.addTask { try await metrics.serve(say) } }
            group.addTask {
                var received = 0
                for await _ in Signals.stream() {
                    received += 1
                    if received > 1 { return }
                    await worker.drain()
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
