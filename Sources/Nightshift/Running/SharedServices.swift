internal import Evaluation
internal import Foundation
internal import LanguageModels
internal import ProgramMetrics
internal import Programs
internal import Retrieval
internal import Store
internal import Studies
internal import Synchronization
internal import Tools

/// What is costly to make, or must be one for the whole process: indexes of corpora, children that run metrics, the stack
/// that every LM call passes. It outlives the runtime of a study, which is made anew after every failure.
final class SharedServices: Sendable {
    private struct Made {
        var retrievers: [RetrieverKey: any Retriever] = [:]
        var metrics: [ProcessKey: LineProcess] = [:]
        var demos: [DemoSearchKey: NearestDemoSearch] = [:]
    }

    /// What calls an embedding model is made for one study: that pays.
    private struct RetrieverKey: Hashable {
        var spec: RetrieverSpec
        var embedding: ModelSpec?
        var study: String?
    }

    private struct DemoSearchKey: Hashable {
        var embedding: ModelSpec
        var study: String?
    }

    private struct ProcessKey: Hashable {
        var spec: ProcessSpec
        var folder: String
    }

    /// Of each sort. A worker may outlive many studies: what is dropped goes with the last study that uses it.
    private static let mostKept = 16

    let stack: CallStack
    /// Records or replays the calls; nil: neither.
    private let tape: CallTape?
    /// nil: the process has all of the limits for itself.
    private let sharing: LimitSharing?
    /// nil: nobody counts the calls.
    private let booking: LedgerSharing?
    /// What the cache, limits and budgets ask the database over; closed in the end.
    private let connection: Database?
    private let corpora: any CorpusProvider
    private let database: (any CorpusSearch)?
    private let sandbox = PythonSandbox()
    private let made = Mutex(Made())

    init(
        corpora: any CorpusProvider, database: (any CorpusSearch)? = nil, stack: CallStack = CallStack(cache: AnswerCache()),
        sharing: LimitSharing? = nil, booking: LedgerSharing? = nil, connection: Database? = nil, tape: CallTape? = nil
    ) {
        self.booking = booking
        self.connection = connection
        self.tape = tape
        self.stack = stack
        self.sharing = sharing
        self.corpora = corpora
        self.database = database
    }

    /// The endpoints whose calls are held because they are away, and why.
    var providersAway: [String: String] { stack.gates.waiting() }

    /// Shares limits and budgets with the team meanwhile; ends the children that run metrics when `body` is done, and writes what waits
    /// for the team's cache.
    func during<Value>(_ body: () async throws -> Value) async throws -> Value {
        let drawing = Task { [sharing] () -> Void in await sharing?.run() }
        let booking = Task { [booking] () -> Void in await booking?.run() }
        do {
            let value = try await body()
            await stop([drawing, booking])
            return value
        } catch {
            await stop([drawing, booking])
            throw error
        }
    }

    private func stop(_ tasks: [Task<Void, Never>]) async {
        for task in tasks { task.cancel() }
        let processes = made.withLock { made in
            defer { made.metrics = [:] }
            return Array(made.metrics.values)
        }
        await withDiscardingTaskGroup { group in
            for process in processes { group.addTask { await process.stop() } }
            if let cache = stack.cache { group.addTask { await cache.flush() } }
            for task in tasks { group.addTask { await task.value } }
        }
        await connection?.close()
    }

    /// - Parameter study: whose calls the model makes; its public id.
    /// - Throws: a ``Diagnostic``.
    func model(_ spec: ModelSpec, _ role: Role, study: String?) throws -> any LanguageModel {
        let settings = try LanguageModelSettings(spec)
        let model = stack.model(settings, for: CallOrigin(study: study, role: role), isCached: spec.usesCache)
        return tape?.model(model, settings, role) ?? model
    }

    /// What was embedded is in the cache, for all studies.
    private func embeddings(_ spec: ModelSpec, study: String?) throws -> any EmbeddingModel {
        let settings = try LanguageModelSettings(spec)
        let model = try stack.embeddings(
            settings, for: CallOrigin(study: study, role: .embedding), isCached: spec.usesCache)
        return tape?.embeddings(model, settings) ?? model
    }

    /// - Throws: a ``ServiceError`` or a ``Diagnostic``.
    func program(_ study: Study, id: String?) throws -> ProgramServices {
        var retrievers: [String: any Retriever] = [:]
        for (name, spec) in study.services.retrievers { retrievers[name] = try retriever(spec, study.models.embedding, id) }
        var tools: [String: any Tool] = [:]
        for (name, spec) in study.services.tools { tools[name] = try makeTool(spec, retrievers: retrievers) }
        return ProgramServices(
            retrievers: retrievers, tools: tools, sandbox: study.services.runsCode ? sandbox : nil,
            demoSearch: try study.models.embedding.map { try demoSearch($0, id) })
    }

    /// What an embedding model makes of the rows of a pool of demos is kept.
    private func demoSearch(_ spec: ModelSpec, _ study: String?) throws -> NearestDemoSearch {
        let key = DemoSearchKey(embedding: spec, study: study)
        if let known = made.withLock({ $0.demos[key] }) { return known }
        let new = NearestDemoSearch(try embeddings(spec, study: study))
        return made.withLock { made in
            let search = made.demos[key] ?? new
            if made.demos.count >= Self.mostKept { made.demos = [:] }
            made.demos[key] = search
            return search
        }
    }

    private func retriever(_ spec: RetrieverSpec, _ embedding: ModelSpec?, _ study: String?) throws -> any Retriever {
        let needed = spec.needsEmbeddingModel ? embedding : nil
        let key = RetrieverKey(spec: spec, embedding: needed, study: needed == nil ? nil : study)
        if let known = made.withLock({ $0.retrievers[key] }) { return known }
        var parts = RetrieverParts(corpora: corpora, database: database, environment: ProcessInfo.processInfo.environment)
        if let model = key.embedding {
            parts.embedding = (try embeddings(model, study: study), try LanguageModelSettings(model).model)
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
    func metric(_ study: Study, id: String?) throws -> MetricServices {
        MetricServices(
            judge: try model(study.models.judge, .judge, study: id),
            embedding: try study.models.embedding.map { try embeddings($0, study: id) },
            process: { [self] spec in
                let process = process(spec, in: study.folder)
                return { try await process.score($0) }
            }, registered: Registry.metrics)
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
