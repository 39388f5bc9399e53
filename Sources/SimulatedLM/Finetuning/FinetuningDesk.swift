import JSON
import Synchronization

/// OpenAI's interface for files and training jobs, and the models that come of them.
final class FinetuningDesk: Sendable {
    /// A request without its transport.
    struct Call: Sendable {
        var method: String
        /// Behind `/v1`, such as `/fine_tuning/jobs`.
        var path: String
        var query: [(key: String, value: String)]
        var contentType: String
        var body: [UInt8]
    }

    private struct State: Sendable {
        var office: FinetuningOffice
        var models: [String: SimulatedModel] = [:]
    }

    private let state: Mutex<State>
    private let base: SimulatedModel

    init(base: SimulatedModel, seed: UInt64) {
        self.base = base
        state = Mutex(State(office: FinetuningOffice(seed: seed)))
    }

    static func serves(_ path: String) -> Bool { path.hasPrefix("/v1/files") || path.hasPrefix("/v1/fine_tuning/") }

    // MARK: Models

    static func isTuned(_ model: String) -> Bool { model.hasPrefix("ft:") }

    /// Nil where no training has made it.
    func model(_ name: String, at now: Double) -> SimulatedModel? {
        state.withLock { state in
            if let known = state.models[name] { return known }
            guard let jobs = state.office.training(of: name, at: now) else { return nil }
            // What was taught last comes first.
            let model = jobs.reversed().reduce(base) { $0.taught($1.lessons) }
            state.models[name] = model
            return model
        }
    }

    func models(at now: Double) -> [String] { state.withLock { $0.office.models(at: now) } }

    // MARK: Calls

    /// - Parameter duration: of a job that this call creates, in seconds.
    func answer(_ call: Call, duration: Double, models: [String], at now: Double) -> Result<JSON, ErrorBody> {
        let parts = call.path.split(separator: "/").map(String.init)
        let body = { () throws(Diagnostic) in
            do throws(JSONSyntaxError) { return try JSON(parsing: call.body) } catch { throw Diagnostic(JSONPath(), "\(error)") }
        }
        do throws(Diagnostic) {
            switch (call.method, parts.count) {
            case ("POST", 1) where parts[0] == "files":
                let form = try MultipartForm(call.body, contentType: call.contentType)
                return .success(try change { (office) throws(Diagnostic) in try office.upload(form, at: now).json })
            case ("GET", 2) where parts[0] == "files":
                return found(state.withLock { $0.office.file(parts[1])?.json }, "file", parts[1])
            case ("POST", 2) where parts[1] == "jobs":
                let request = try FinetuningRequest(try body())
                guard exists(request.model, among: models, at: now) else { return .failure(.unknownModel(request.model)) }
                return .success(
                    try change { (office) throws(Diagnostic) in
                        try office.create(request, duration: duration, at: now).json(at: now)
                    })
            case ("GET", 2) where parts[1] == "jobs": return .success(try page(call.query, at: now))
            case ("GET", 3) where parts[1] == "jobs":
                return found(state.withLock { $0.office.job(parts[2])?.json(at: now) }, "fine-tuning job", parts[2])
            case ("GET", 4) where parts[1] == "jobs" && parts[3] == "events":
                return found(events(of: parts[2], at: now), "fine-tuning job", parts[2])
            case ("POST", 4) where parts[1] == "jobs" && parts[3] == "cancel":
                let job = try change { (office) throws(Diagnostic) in try office.cancel(parts[2], at: now) }
                return found(job?.json(at: now), "fine-tuning job", parts[2])
            default: return .failure(.notFound("\(call.method) /v1\(call.path)"))
            }
        } catch {
            return .failure(.badRequest("\(error)"))
        }
    }

    private func change<Value: Sendable>(
        _ body: (inout FinetuningOffice) throws(Diagnostic) -> Value
    ) throws(Diagnostic) -> Value {
        try state.withLock { state throws(Diagnostic) in try body(&state.office) }
    }

    private func found(_ json: JSON?, _ kind: String, _ id: String) -> Result<JSON, ErrorBody> {
        json.map { .success($0) } ?? .failure(.noSuch(kind, id))
    }

    private func exists(_ model: String, among models: [String], at now: Double) -> Bool {
        Self.isTuned(model) ? self.model(model, at: now) != nil : models.isEmpty || models.contains(model)
    }

    /// One event: what the job does now.
    private func events(of id: String, at now: Double) -> JSON? {
        guard let job = state.withLock({ $0.office.job(id)?.json(at: now) }), let status = job["status"]?.stringValue else {
            return nil
        }
        let event: JSON = [
            "object": "fine_tuning.job.event", "id": .string("ftevent-\(id)-\(status)"), "created_at": .int(Int(now)),
            "level": "info", "type": "message", "message": .string("The job is \(status)."),
        ]
        return ["object": "list", "data": [event], "has_more": false]
    }

    /// The query's `after`, `limit` and `metadata[KEY]`.
    private func page(_ query: [(key: String, value: String)], at now: Double) throws(Diagnostic) -> JSON {
        let limit = query.first { $0.key == "limit" }.map { Int($0.value) ?? 0 } ?? 20
        guard (1...100).contains(limit) else { throw Diagnostic(JSONPath([.key("limit")]), "expected 1 to 100") }
        let metadata = query.compactMap { pair -> (key: String, value: String)? in
            guard pair.key.hasPrefix("metadata["), pair.key.hasSuffix("]") else { return nil }
            return (String(pair.key.dropFirst("metadata[".count).dropLast()), pair.value)
        }
        let after = query.first { $0.key == "after" }?.value
        let (jobs, hasMore) = state.withLock { $0.office.page(after: after, limit: limit, metadata: metadata) }
        return ["object": "list", "data": .array(jobs.map { $0.json(at: now) }), "has_more": .bool(hasMore)]
    }
}
