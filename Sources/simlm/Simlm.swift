import ArgumentParser
import Glibc
import JSON
import SimulatedLM

@main
struct Simlm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simlm",
        abstract: "A simulated LM behind the HTTP interfaces of OpenAI and Anthropic.",
        discussion:
            "It learns a little from instructions and examples in the prompt, so optimisers can be tried without a provider.")

    @Option(help: "Address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "Port; 0 takes any free one.")
    var port = 8080

    @Option(help: "A model that exists; repeatable. Without it any name is accepted.")
    var model: [String] = []

    @Option(help: "JSON Lines with the prompt's field names: what the model knows beforehand.", completion: .file())
    var knowledge: String?

    @Option(help: "Seed of all draws.")
    var seed: UInt64 = 0

    @Option(help: "Median latency in milliseconds, log-normal.")
    var latencyMs = 0.0

    @Option(help: "Milliseconds from the first part of a streamed answer to its last.")
    var streamMs = 0.0

    @Option(help: "Requests a second, above which 429 is answered; 0 is no limit.")
    var rps = 0.0

    @Option(help: "Seconds in the Retry-After header of a 429.")
    var retryAfter = 1.0

    @Option(help: "Share of requests answered with 500.")
    var faultRate = 0.0

    @Option(help: "Share of requests that are never answered.")
    var hangRate = 0.0

    @Option(help: "Share of answers that are spoiled: cut off, wrong, empty, endless, with broken characters.")
    var malformedRate = 0.0

    @Option(help: "What calls may ask for in response_format: none, object or schema; anything else is refused with 400.")
    var responseFormat = "schema"

    @Flag(help: "The same as --response-format none.")
    var noResponseFormat = false

    @Option(help: "How long a training job takes, in milliseconds.")
    var finetuneMs = 1000.0

    @Option(help: "Append requests to this file as JSON lines.", completion: .file())
    var log: String?

    /// Checked here so that a wrong flag gets its usage text.
    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
        do { _ = try simulation() } catch { throw ValidationError("\(error)") }
    }

    func run() async throws {
        // Nothing needs saving: leave at once, and with success, when asked to stop.
        for number in [SIGTERM, SIGINT] { signal(number) { _ in _exit(0) } }
        signal(SIGPIPE, SIG_IGN)
        var configuration = SimulatedLMServer.Configuration()
        configuration.host = host
        configuration.port = port
        configuration.seed = seed
        configuration.logPath = log
        configuration.simulation = try simulation()
        if let knowledge { configuration.knowledge = try Knowledge(parsing: try Self.text(of: knowledge)) }
        let host = host
        try await SimulatedLMServer(configuration: configuration).run { port in
            print("simlm listening on http://\(host):\(port)/v1")
            fflush(nil)
        }
    }

    private func simulation() throws -> SimulationConfiguration {
        var simulation = SimulationConfiguration()
        try simulation.apply([
            "latency_ms": .double(latencyMs), "stream_ms": .double(streamMs), "rps": .double(rps), "retry_after": .double(retryAfter),
            "fault_rate": .double(faultRate),
            "hang_rate": .double(hangRate), "malformed_rate": .double(malformedRate),
            "response_format": .string(noResponseFormat ? "none" : responseFormat), "models": .array(model.map { .string($0) }),
            "finetune_ms": .double(finetuneMs),
        ])
        return simulation
    }

    private static func text(of path: String) throws -> String {
        guard let file = fopen(path, "r") else {
            throw ValidationError("cannot read the knowledge file \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
