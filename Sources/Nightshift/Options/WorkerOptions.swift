internal import ArgumentParser

/// How much a command works by itself.
struct WorkerOptions: ParsableArguments {
    @Option(help: "Worker processes on this machine (default: one, inside).")
    var workers: Int?

    @Option(help: "Examples that each worker keeps in flight.")
    var concurrency = 32

    func validate() throws {
        if let workers, !(1...256).contains(workers) { throw ValidationError("--workers must be 1 to 256, not \(workers)") }
        guard (1...4096).contains(concurrency) else {
            throw ValidationError("--concurrency must be 1 to 4096, not \(concurrency)")
        }
    }
}
