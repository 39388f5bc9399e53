import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Puts broken answers, signatures and state files through every parser:
/// `parser-fuzz --inputs 10000000 --seed 1 --jobs 2`. Exits with 1, and leaves the input in `parser-fuzz.failure`, when one takes
/// over a second or comes out as a value that its type does not hold.
@main
struct ParserFuzz {
    static func main() throws {
        let inputs = option("inputs", default: 10_000_000)
        let seed = UInt64(option("seed", default: 1))
        let jobs = max(1, option("jobs", default: 1))
        let targets = try Targets()
        let watchdog = Watchdog(jobs: jobs)
        let tallies = TallyBoard()
        watchdog.start()
        let clock = ContinuousClock()
        let start = clock.now
        // Threads of Dispatch have the stack that the library's own code gets.
        DispatchQueue.concurrentPerform(iterations: jobs) { job in
            var tally = Tally()
            for index in stride(from: job, to: inputs, by: jobs) {
                let input = targets.input(seed: seed, index: index)
                watchdog.begin(job, input)
                let outcome = targets.outcome(of: input)
                watchdog.end(job)
                if case .wrong(let reason) = outcome { Watchdog.fail(input, reason) }
                tally.add(input.target, outcome)
            }
            tallies.add(tally)
        }
        let time = clock.now - start
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        print(
            "\(inputs) inputs in \(Int(seconds)) s, \(Int(Double(inputs) / max(seconds, 1e-9)))/s; the slowest took \(watchdog.slowest)"
        )
        print(tallies.total.description)
    }

    private static func option(_ name: String, default fallback: Int) -> Int {
        let arguments = CommandLine.arguments
        guard let position = arguments.firstIndex(of: "--" + name) else { return fallback }
        guard position + 1 < arguments.count, let value = Int(arguments[position + 1]), value >= 0 else {
            print("--\(name) takes a number")
            exit(2)
        }
        return value
    }
}
