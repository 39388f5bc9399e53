internal import Evaluation
internal import Foundation
internal import LanguageModels
internal import ProgramMetrics
internal import Programs
internal import Retrieval
internal import Studies
internal import Synchronization
internal import Tools

/// What is costly to make, or must be one for the whole process: indexes of corpora, children that run metrics, the memory of
/// judges. It outlives the runtime of a study, which is made anew after every failure.
final class SharedServices: Sendable {
    private struct Made {
        var retrievers: [RetrieverKey: any Retriever] = [:]
        var judges: [ModelSpec: RememberingModel] = [:]
        var metrics: [ProcessKey: LineProcess] = [:]
        var demos: [ModelSpec: NearestDemoSearch] = [:]
    }

    private struct RetrieverKey: Hashable {
        var spec: RetrieverSpec
        var embedding: ModelSpec?
    }

    private struct ProcessKey: Hashable {
        var spec: ProcessSpec
        var folder: String
    }

    /// Of each sort. A worker may outlive many studies: what is dropped goes with the last study that uses it.
    private static let mostKept = 16

    private let corpora: any CorpusProvider
    private let database: (any CorpusSearch)?
    private let sandbox = PythonSandbox()
    private let made = Mutex(Made())

    init(corpora: any CorpusProvider, database: (any CorpusSearch)? = nil) {
        self.corpora = corpora
        self.database = database
    }

    /// Ends the children that run metrics when `body` is done.
    func during<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            let value = try await body()
            await stop()
            return value
        } catch {
            await stop()
            throw error
        }
    }

    private func stop() async {
        let processes = made.withLock { made in
            defer { made.metrics = [:] }
            return Array(made.metrics.values)
        }
        await withDiscardingTaskGroup { group in
            for process in processes { group.addTask { await process.stop() } }
        }
    }

    /// - Throws: a ``ServiceError`` or a ``Diagnostic``.
    func program(_ study: Study) throws -> ProgramServices {
        var retrievers: [String: any Retriever] = [:]
        for (name, spec) in study.services.retrievers { retrievers[name] = try retriever(spec, study.models.embedding) }
        var tools: [String: any Tool] = [:]
        for (name, spec) in study.services.tools { tools[name] = try makeTool(spec, retrievers: retrievers) }
        return ProgramServices(
            retrievers: retrievers, tools: tools, sandbox: study.services.runsCode ? sandbox : nil,
            demoSearch: try study.models.embedding.map(demoSearch))
    }

    /// What an embedding model makes of the rows of a pool of demos is kept.
    private func demoSearch(_ spec: ModelSpec) throws -> NearestDemoSearch {
        if let known = made.withLock({ $0.demos[spec] }) { return known }
        let new = NearestDemoSearch(try embeddingModel(LanguageModelSettings(spec)))
        return made.withLock { made in
            let search = made.demos[spec] ?? new
            if made.demos.count >= Self.mostKept { made.demos = [:] }
            made.demos[spec] = search
            return search
        }
    }

    private func retriever(_ spec: RetrieverSpec, _ embedding: ModelSpec?) throws -> any Retriever {
        let key = RetrieverKey(spec: spec, embedding: spec.needsEmbeddingModel ? embedding : nil)
        if let known = made.withLock({ $0.retrievers[key] }) { return known }
        var parts = RetrieverParts(corpora: corpora, database: database, environment: ProcessInfo.processInfo.environment)
        if let model = key.embedding {
            let settings = try LanguageModelSettings(model)
            parts.embedding = (try embeddingModel(settings), settings.model)
        }
        let new = try makeRetriever(spec, from: parts)
        return made.withLock { made in
            let retriever = made.retrievers[key] ?? new
            if made.retrievers.count >= Self.mostKept { made.retrievers = [:] }
            made.retrievers[key] = retriever
            return retriever
        }
    }

    /// - Throws: a ``Diagnostic``.
    func metric(_ study: Study) throws -> MetricServices {
        MetricServices(
            judge: try judge(study.models.judge),
            embedding: try study.models.embedding.map { try embeddingModel(LanguageModelSettings($0)) },
            process: { [self] spec in
                let process = process(spec, in: study.folder)
                return { try await process.score($0) }
            }, registered: Registry.metrics)
    }

    /// Judges are asked the same about every equal answer.
    private func judge(_ spec: ModelSpec) throws -> RememberingModel {
        if let known = made.withLock({ $0.judges[spec] }) { return known }
        let new = RememberingModel(languageModel(try LanguageModelSettings(spec)), temperature: spec.temperature)
        return made.withLock { made in
            let judge = made.judges[spec] ?? new
            if made.judges.count >= Self.mostKept { made.judges = [:] }
            made.judges[spec] = judge
            return judge
        }
    }

    /// - Parameter folder: the study file's; a machine that has no such folder takes the one it is in.
    private func process(_ spec: ProcessSpec, in folder: String?) -> LineProcess {
        let here = FileManager.default.currentDirectoryPath
        let folder = folder.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil } ?? here
        let key = ProcessKey(spec: spec, folder: folder)
        return made.withLock { made in
            if let known = made.metrics[key] { return known }
            let new = LineProcess(command: spec.command, folder: folder, timeout: spec.timeout)
            if made.metrics.count >= Self.mostKept { made.metrics = [:] }
            made.metrics[key] = new
            return new
        }
    }
}
