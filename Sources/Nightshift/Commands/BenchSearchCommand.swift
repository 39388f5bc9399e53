internal import ArgumentParser
internal import Foundation
internal import JSON
internal import SearchSimulation

/// How good the searches of studies are: their regret on simulated surfaces, without any LM.
struct BenchSearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Measure searches on simulated surfaces, without any LM.",
        discussion: """
            A surface gives every combination of choices a true score. Printed is the regret, in points, of what a search \
            recommends after 1, 2, … full evaluations of the validation examples, the uncompiled program's included.
            """)

    @Option(help: ArgumentHelp("Read the surfaces from this file, one JSON object a line.", valueName: "FILE.jsonl"))
    var surfaces: String?

    @Option(help: "Classes of surfaces, separated by commas (default: those of the file, or the eight core ones).")
    var classes: String?

    @Option(help: "The surfaces' seeds, FIRST:END, the end not included (default: those of the file, or 1000:1050).")
    var seeds: String?

    @Option(help: "How many full evaluations each search may spend.")
    var budget = 6

    @Option(help: "How many blocks are decided ahead of their results; dspy has one at a time.")
    var inFlight = 8

    @Option(help: "One or several of \(SearchMethod.allCases.map(\.rawValue).joined(separator: ", ")), separated by commas.")
    var method = SearchMethod.allCases[0].rawValue

    @Option(
        name: .customLong("warm-start"),
        help: "Begin with so many of the best candidates of an earlier search on the same surface, on examples of its own.")
    var warmStart = 0

    @Flag(help: "Print one JSON document.")
    var json = false

    @Flag(help: "Have every single surface's regret in the JSON document.")
    var runs = false

    func validate() throws {
        guard budget >= 1, budget <= 1000 else { throw ValidationError("--budget must be from 1 to 1000") }
        guard inFlight >= 1, inFlight <= 10_000 else { throw ValidationError("--in-flight must be from 1 to 10000") }
        guard warmStart >= 0, warmStart <= 100 else { throw ValidationError("--warm-start must be from 0 to 100") }
        _ = try chosenMethods()
        _ = try chosenClasses()
        _ = try chosenSeeds()
    }

    func run() async throws {
        let sources = try sources()
        let jobs = try chosenMethods().flatMap { method in
            sources.map {
                SearchJob(
                    source: $0, search: SimulatedSearch(method: method, budget: budget, inFlight: inFlight, warmStart: warmStart))
            }
        }
        let (classes, seeds) = (try chosenClasses(), try chosenSeeds())
        let results: [SearchJob.Result]
        do {
            results = try await SearchJob.run(jobs, classes: classes.map(Set.init), seeds: seeds) { done in
                if done % 10 == 0 || done == jobs.count { Console.say("\(done) of \(jobs.count) searches done") }
            }
        } catch let error as SurfaceLineError {
            throw CommandFailure(.badInput, "\(surfaces ?? "surfaces"): \(error)")
        }
        let summaries = Self.summaries(of: results, budget: budget)
        guard !summaries.isEmpty else { throw CommandFailure(.badInput, "no surface has the given classes and seeds") }
        if json {
            Console.result(JSON.array(summaries.map { $0.json(withRuns: runs) }).serialized(.python))
        } else {
            Console.result(RegretTable(style: .plain, width: nil).lines(summaries).joined(separator: "\n"))
        }
    }

    /// By method and class, in the order of their first results.
    private static func summaries(of results: [SearchJob.Result], budget: Int) -> [RegretSummary] {
        var summaries: [RegretSummary] = []
        for result in results {
            let run = (result.seed, result.regret)
            if let place = summaries.firstIndex(where: { $0.cls == result.cls && $0.method == result.method }) {
                summaries[place].runs.append(run)
            } else {
                summaries.append(RegretSummary(cls: result.cls, method: result.method, budget: budget, runs: [run]))
            }
        }
        return summaries
    }

    // MARK: Arguments

    private func sources() throws -> [SurfaceSource] {
        if let surfaces {
            let file: Data
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: surfaces, isDirectory: &isFolder), isFolder.boolValue {
                throw CommandFailure(.badInput, "\(surfaces): is a folder; give the file that `regret.py --export` writes")
            }
            do { file = try Data(contentsOf: URL(filePath: surfaces), options: .mappedIfSafe) } catch {
                throw CommandFailure(.badInput, "\(surfaces): cannot be read: \(error.localizedDescription)")
            }
            let lines = SurfaceSource.lines(of: file)
            if lines.isEmpty { throw CommandFailure(.badInput, "\(surfaces): has no surfaces") }
            return lines
        }
        let seeds = try chosenSeeds() ?? 1000..<1050
        return (try chosenClasses() ?? SurfaceClass.core).compactMap(SurfaceClass.init(named:)).flatMap { cls in
            seeds.map { .generated(cls, seed: $0) }
        }
    }

    private func chosenMethods() throws -> [SearchMethod] {
        try method.split(separator: ",", omittingEmptySubsequences: false).map { name in
            guard let method = SearchMethod(rawValue: String(name)) else {
                let known = SearchMethod.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--method knows \(known), not '\(name)'")
            }
            return method
        }
    }

    /// nil: all of the file.
    private func chosenClasses() throws -> [String]? {
        guard let names = classes?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) else { return nil }
        // A file may have classes of its own.
        for name in names where surfaces == nil && SurfaceClass(named: name) == nil {
            let known = SurfaceClass.all.map(\.name)
            let hint = nearestName(to: name, in: known).map { "; did you mean \($0)?" } ?? ""
            throw ValidationError("--classes: there is no class '\(name)'\(hint) There are \(known.joined(separator: ", "))")
        }
        return names
    }

    private func chosenSeeds() throws -> Range<Int>? {
        guard let seeds else { return nil }
        let bounds = seeds.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard bounds.count == 2, let first = bounds[0], let end = bounds[1], first < end else {
            throw ValidationError("--seeds must be FIRST:END with FIRST below END, such as 1000:1050, not '\(seeds)'")
        }
        return first..<end
    }
}
