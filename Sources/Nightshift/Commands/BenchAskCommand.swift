internal import ArgumentParser
internal import JSON
internal import Randomness
internal import Surrogates

/// What deciding on the next trial costs. Benchmarks/ask.py has Optuna decide on a history of the same shape.
struct BenchAskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask", abstract: "Time what a search computes for a proposal.",
        discussion: """
            The history has one block of zeros and ones per point. New results come in after every \(AskRounds.batch) \
            proposals; with tpe, which keeps no model, after every one.
            """)

    @Option(help: "One of \(AskRounds.Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var sampler = AskRounds.Kind.racing

    @Option(help: "How many dimensions the space has.")
    var dims = 8

    @Option(help: "How many choices each dimension has.")
    var choices = 20

    @Option(help: "How many points have results.")
    var history = 300

    @Option(help: "How many validation examples there are.")
    var examples = 300

    @Option(help: "How often new results come in.")
    var rounds = 7

    @Flag(help: "Print one JSON document.")
    var json = false

    func validate() throws {
        let limits = [
            ("dims", dims, 1...1000), ("choices", choices, 1...10_000), ("history", history, 1...10_000),
            ("rounds", rounds, 1...10_000), ("examples", examples, AskRounds.block...100_000),
        ]
        for (name, value, range) in limits where !range.contains(value) {
            throw ValidationError("--\(name) must be from \(range.lowerBound) to \(range.upperBound)")
        }
        let space = AskRounds.space(dims: dims, choices: choices)
        guard space.size / 2 >= history + rounds * AskRounds.batch else {
            throw ValidationError(
                "a space of \(space.size) points is too small for --history \(history); raise --dims or --choices")
        }
    }

    func run() async throws {
        let space = AskRounds.space(dims: dims, choices: choices)
        var search = AskRounds(sampler, space: space, history: history, examples: examples)
        let times = (0..<rounds).map { _ in search.round() }
        let proposal = median(times.flatMap { $0.dropFirst() })
        let first = median(times.map { $0[0] })
        let amortised = sampler == .tpe ? first : median(times.map { $0.reduce(0, +) / Double($0.count) })
        let document: JSON = [
            "sampler": .string(sampler.rawValue), "dims": .int(dims), "choices": .int(choices), "history": .int(history),
            "median_s": .double(amortised), "refit_s": .double(max(first - proposal, 0)), "proposal_s": .double(proposal),
        ]
        func milliseconds(_ seconds: Double) -> String { "\((seconds * 1000).fixed(3)) ms" }
        Console.result(
            json
                ? document.serialized(.python)
                : """
                \(sampler.rawValue), \(dims) dimensions of \(choices) choices, \(history) points with results
                a proposal, refits included  \(milliseconds(amortised))
                a refit                      \(milliseconds(max(first - proposal, 0)))
                a proposal once fitted       \(milliseconds(proposal))
                """)
    }

    private func median(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.sorted()[values.count / 2] }
}

extension AskRounds.Kind: ExpressibleByArgument {}
