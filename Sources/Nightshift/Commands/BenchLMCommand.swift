internal import ArgumentParser
internal import Foundation
internal import JSON
internal import LanguageModels
internal import Programs
internal import Store
internal import Synchronization

/// What LM calls cost through the whole stack: cache, limits, retries, transport. Every call asks something new.
struct BenchLMCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lm", abstract: "Time LM calls through the whole stack; with --raw through the transport alone.")

    @Option(name: .customLong("base-url"), help: "The endpoint, such as http://127.0.0.1:8080/v1 of simlm.")
    var baseURL: String

    @Option(help: "The model's name there.")
    var model = "sim"

    @Option(help: "Calls kept under way.")
    var concurrency = 64

    @Option(help: "How many calls are made.")
    var calls = 2000

    @Flag(help: "Without cache, limits and retries.")
    var raw = false

    @Option(help: "A migrated database whose cache takes part, as postgres://…; without it the cache is in memory.")
    var database: String?

    @Flag(help: "Print one JSON document.")
    var json = false

    func validate() throws {
        guard concurrency > 0, calls > 0 else { throw ValidationError("--concurrency and --calls must be at least 1") }
        guard !raw || database == nil else { throw ValidationError("--raw has no cache: leave --database out") }
    }

    func run() async throws {
        let settings: LanguageModelSettings
        do {
            settings = try LanguageModelSettings(model: model, baseURL: baseURL, temperature: 0, maxTokens: 256)
        } catch {
            throw CommandFailure(.badInput, "--base-url or --model: \(error)")
        }
        var cache: AnswerCache?
        if let database {
            let options = try SharedOptions.parse(["--database", database])
            let address = try await OpenStore.with(options) { $0.store.database.address }
            cache = AnswerCache(archive: CacheStore(.forCalls(at: address))) { Console.say($0) }
        } else if !raw {
            cache = AnswerCache()
        }
        let model =
            raw
            ? OpenAIChat(settings: settings) as any LanguageModel
            : CallStack(cache: cache).model(settings, for: CallOrigin(role: .task))
        try await warmUp(model)
        let figures = await measure(model, cache)
        if let failure = figures.failure, figures.answered == 0 {
            throw CommandFailure(.surroundings, "no call was answered: \(failure)")
        }
        present(figures)
    }

    /// Opens connections and tells at once that nobody is there.
    private func warmUp(_ model: any LanguageModel) async throws {
        do { _ = try await model.complete(Self.request("warm-up \(UUID())")) } catch {
            throw CommandFailure(.surroundings, error.message)
        }
    }

    private struct Figures {
        var answered = 0
        var failed = 0
        var failure: String?
        var latencies: [Double] = []
        var seconds = 0.0
        var processorSeconds = 0.0
    }

    private func measure(_ model: any LanguageModel, _ cache: AnswerCache?) async -> Figures {
        // Nobody has asked this before, in whichever run.
        let run = UUID().uuidString
        let calls = calls
        let begun = CallCount()
        let (clock, before) = (ContinuousClock(), Resources.processorSeconds)
        let start = clock.now
        var figures = await withTaskGroup(of: Figures.self) { group in
            for _ in 0..<min(concurrency, calls) {
                group.addTask {
                    var part = Figures()
                    while true {
                        let number = begun.next()
                        guard number < calls else { return part }
                        let began = clock.now
                        do throws(LanguageModelError) {
                            _ = try await model.complete(Self.request("\(run) \(number)"))
                            part.answered += 1
                            part.latencies.append((clock.now - began) / .milliseconds(1))
                        } catch {
                            part.failed += 1
                            part.failure = error.message
                        }
                    }
                }
            }
            return await group.reduce(into: Figures()) { all, part in
                all.answered += part.answered
                all.failed += part.failed
                all.failure = all.failure ?? part.failure
                all.latencies += part.latencies
            }
        }
        await cache?.flush()
        figures.seconds = (clock.now - start) / .seconds(1)
        figures.processorSeconds = Resources.processorSeconds - before
        figures.latencies.sort()
        return figures
    }

    private static func request(_ text: String) -> ChatRequest {
        ChatRequest(messages: [
            ChatMessage(
                role: .system, content: "Your input fields are:\n1. `utterance` (str)\nYour output fields are:\n1. `intent` (str)"
            ),
            ChatMessage(role: .user, content: "[[ ## utterance ## ]]\n\(text)"),
        ])
    }

    private func present(_ figures: Figures) {
        func quantile(_ part: Double) -> Double {
            figures.latencies.isEmpty ? 0 : figures.latencies[min(figures.answered - 1, Int(part * Double(figures.answered)))]
        }
        let rate = Double(figures.answered) / figures.seconds
        let processor = figures.processorSeconds / Double(max(1, figures.answered)) * 1e6
        let document: JSON = [
            "calls_per_s": .double(rate), "cpu_us_per_call": .double(processor), "rss_mb": .double(Resources.peakMegabytes),
            "p50_ms": .double(quantile(0.5)), "p99_ms": .double(quantile(0.99)), "calls": .int(figures.answered),
            "failed": .int(figures.failed), "concurrency": .int(concurrency), "raw": .bool(raw),
        ]
        guard !json else { return Console.result(document.serialized(.python)) }
        Console.result(
            "\(rate.fixed(0)) calls/s, \(processor.fixed(0)) µs of CPU a call, \(Resources.peakMegabytes.fixed(0)) MB at most, "
                + "p50 \(quantile(0.5).fixed(2)) ms, p99 \(quantile(0.99).fixed(2)) ms"
                + (figures.failed > 0 ? "; \(figures.failed) failed: \(figures.failure ?? "")" : ""))
    }
}

/// Which call is made next, from 0.
private final class CallCount: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// What this process has used.
private enum Resources {
    private static var usage: rusage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage
    }

    static var processorSeconds: Double {
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    static var peakMegabytes: Double { Double(usage.ru_maxrss) / 1024 }
}
