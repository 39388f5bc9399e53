internal import ArgumentParser
internal import Foundation
internal import JSON
internal import LanguageModels
internal import Optimizers
internal import ProgramMetrics
internal import Programs
internal import Studies

/// A study file and what changes it from the command line.
struct StudyFileOptions: ParsableArguments {
    @Argument(help: "The study file.")
    var study: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a key of the study file: key.path=value (value is YAML).", valueName: "key.path=value"))
    var sets: [String] = []

    /// Reads and validates the file; everything that is wrong with it is said at once.
    func resolve(_ needs: StudyNeeds, usesCache: Bool = true) throws -> ResolvedStudy {
        var resolved: ResolvedStudy
        do throws(StudyFileError) {
            resolved = try resolveStudy(
                file: study, sets: sets, environment: ProcessInfo.processInfo.environment, needs: needs,
                swiftProgramNames: Registry.programNames, swiftProgram: Registry.program,
                swiftMetricNames: Registry.metrics.keys.sorted(),
                checkModel: { (model, role) throws(Diagnostic) in
                    let settings = try LanguageModelSettings(model)
                    if role == .embedding { _ = try embeddingModel(settings) }
                })
        } catch {
            throw CommandFailure(.badInput, error.description)
        }
        try named { try Self.checkTraining(resolved) }
        if !usesCache { resolved.study.models.leaveCache() }
        return resolved
    }

    private static func checkTraining(_ resolved: ResolvedStudy) throws {
        guard let optimizer = resolved.study.optimizer, optimizer.kind.trainsModels else { return }
        do {
            _ = try finetuningProvider(LanguageModelSettings(resolved.study.models.task))
        } catch {
            throw CommandFailure(.badInput, "lm.task.model: \(optimizer.name) trains it, but \(error.message)")
        }
    }

    /// Lets what `check` finds wrong with the study begin with the file's name.
    func named<Value>(_ check: () throws -> Value) throws -> Value {
        do {
            return try check()
        } catch var failure as CommandFailure where failure.status == .badInput {
            failure.message = "\(study): \(failure.message)"
            throw failure
        }
    }

    /// `.nightshift` beside the study file.
    var defaultDataDirectory: String {
        URL(fileURLWithPath: study).deletingLastPathComponent().appendingPathComponent(".nightshift").path
    }
}

extension LanguageModelSettings {
    init(_ model: ModelSpec) throws(Diagnostic) {
        try self.init(
            model: model.model, baseURL: model.baseURL, temperature: model.temperature, maxTokens: model.maxTokens,
            timeout: model.timeout, apiKeyEnvironment: model.apiKeyEnvironment,
            responseFormat: try model.responseFormat.map { (name) throws(Diagnostic) in try ResponseFormatPolicy(named: name) }
                ?? .auto)
        stop = model.stop
        hedges = model.hedges
        limits = CallLimits(
            requestsPerMinute: model.requestsPerMinute, tokensPerMinute: model.tokensPerMinute, concurrency: model.concurrency)
    }
}

extension Study {
    /// Refuses to start where a provider's own host would be called without a key.
    func checkKeys() throws {
        var problems: [String] = []
        for model in calledRoles.compactMap({ models[$0] }) {
            let problem = try LanguageModelSettings(model).checkKey(in: ProcessInfo.processInfo.environment)
            if let problem, !problems.contains(problem) { problems.append(problem) }
        }
        guard problems.isEmpty else { throw CommandFailure(.badInput, problems.joined(separator: "\n")) }
    }

    /// Refuses to start where a metric's program is not there to be started.
    func checkPrograms() throws {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        for name in metric.map(metricExecutables) ?? [] {
            let paths = name.contains("/") ? [name] : folders.map { "\($0)/\(name)" }
            guard !paths.contains(where: FileManager.default.isExecutableFile) else { continue }
            let place = name.contains("/") ? "" : " on the PATH"
            throw CommandFailure(
                .badInput, "metric.command: there is no executable '\(name)'\(place); install it, or give its path")
        }
    }
}
