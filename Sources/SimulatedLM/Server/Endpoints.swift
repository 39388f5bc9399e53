import Glibc
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Synchronization

/// All endpoints: reads the body, decides, sleeps where told to, answers.
struct Endpoints: HTTPResponder {
    typealias Context = BasicRequestContext

    private struct State: Sendable {
        var configuration: SimulationConfiguration
        var admission: Admission
        var statistics = Statistics()
    }

    private final class Shared: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    private let shared: Shared
    private let model: SimulatedModel
    private let finetuning: FinetuningDesk
    private let log: RequestLog?
    private static let bodyLimit = 16 << 20
    private static let fileLimit = 512 << 20
    private static let hangTime = Duration.seconds(600)

    init(model: SimulatedModel, configuration: SimulationConfiguration, seed: UInt64, log: RequestLog?) {
        self.model = model
        finetuning = FinetuningDesk(base: model, seed: seed)
        self.log = log
        shared = Shared(State(configuration: configuration, admission: Admission(seed: seed)))
    }

    func respond(to request: Request, context: Context) async throws -> Response {
        let path = request.uri.path
        switch (request.method, path) {
        case (.post, "/v1/chat/completions"): return try await call(request, form: .openAI)
        case (.post, "/v1/messages"): return try await call(request, form: .anthropic)
        case (.post, "/v1/embeddings"): return try await embed(request)
        case (.get, "/v1/models"): return response(models)
        case (.get, "/stats"): return response(shared.state.withLock { $0.statistics.json })
        case (.post, "/reset"):
            shared.state.withLock { $0.statistics.reset() }
            return response(["ok": true])
        case (.post, "/config"): return try await configure(request)
        case (_, let path) where FinetuningDesk.serves(path): return try await train(request)
        default: return failure(.notFound("\(request.method.rawValue) \(path)"), .openAI)
        }
    }

    private var models: JSON {
        let names = shared.state.withLock { $0.configuration.models }
        let list = ((names.isEmpty ? ["sim"] : names) + finetuning.models(at: Self.now())).map { name -> JSON in
            ["id": .string(name), "object": "model", "created": 0, "owned_by": "simlm"]
        }
        return ["object": "list", "data": .array(list)]
    }

    private func configure(_ request: Request) async throws -> Response {
        let bytes = try await body(of: request)
        do {
            let json = try JSON(parsing: bytes)
            try shared.state.withLock { try $0.configuration.apply(json) }
            return response(["ok": true])
        } catch {
            return failure(.badRequest("\(error)"), .openAI)
        }
    }

    private func embed(_ request: Request) async throws -> Response {
        let bytes = try await body(of: request)
        do {
            return response(try EmbeddingRequest(try JSON(parsing: bytes)).answer)
        } catch {
            return failure(.badRequest("\(error)"), .openAI)
        }
    }

    /// Files and training jobs: refused and spoiled like calls, but answered at once.
    private func train(_ request: Request) async throws -> Response {
        let now = Self.now()
        let (decision, configuration) = shared.state.withLock { state in
            (state.admission.decide(at: now, state.configuration), state.configuration)
        }
        switch decision {
        case .unauthorized: return try await refused(request, .unauthorized, .openAI)
        case .reject(let retryAfter): return try await refused(request, .tooMany(retryAfter: retryAfter), .openAI)
        case .fault: return try await refused(request, .fault, .openAI)
        case .answer, .hang: break
        }
        let call = FinetuningDesk.Call(
            method: request.method.rawValue, path: String(request.uri.path.dropFirst("/v1".count)),
            query: queryPairs(request.uri.query ?? ""),
            contentType: request.headers[.contentType] ?? "", body: try await body(of: request, upTo: Self.fileLimit))
        let answer = finetuning.answer(
            call, duration: configuration.finetuneMilliseconds / 1000, models: configuration.models, at: now)
        switch answer {
        case .success(let json): return response(json)
        case .failure(let error): return failure(error, .openAI)
        }
    }

    private func call(_ request: Request, form: ChatRequest.Form) async throws -> Response {
        let now = Self.now()
        let (decision, configuration) = shared.state.withLock { state in
            state.statistics.began()
            return (state.admission.decide(at: now, state.configuration), state.configuration)
        }
        defer { shared.state.withLock { $0.statistics.ended() } }
        switch decision {
        case .unauthorized: return try await refused(request, .unauthorized, form)
        case .reject(let retryAfter):
            shared.state.withLock { $0.statistics.refused() }
            return try await refused(request, .tooMany(retryAfter: retryAfter), form)
        case .fault:
            shared.state.withLock { $0.statistics.failed() }
            return try await refused(request, .fault, form)
        case .hang:
            try await request.body.consumeWithCancellationOnInboundClose { _ in try await Task.sleep(for: Self.hangTime) }
            return failure(.fault, form)
        case .answer(let delay) where delay > 0:
            // A caller that hangs up during the delay ends it.
            let bytes = try await request.body.consumeWithCancellationOnInboundClose { body in
                let buffer = try await body.collect(upTo: Self.bodyLimit)
                try await Task.sleep(for: .seconds(delay))
                return Array(buffer.readableBytesView)
            }
            return answer(bytes, form, configuration)
        case .answer: return answer(try await body(of: request), form, configuration)
        }
    }

    /// Reads the body before refusing, so that the connection can be used again.
    private func refused(_ request: Request, _ error: ErrorBody, _ form: ChatRequest.Form) async throws -> Response {
        let bytes = try await body(of: request)
        if let log {
            log.append(["at": .double(Self.now()), "status": .int(error.status), "body": (try? JSON(parsing: bytes)) ?? .null])
        }
        return failure(error, form)
    }

    private func answer(_ bytes: [UInt8], _ form: ChatRequest.Form, _ configuration: SimulationConfiguration) -> Response {
        let body: JSON
        let request: ChatRequest
        do {
            body = try JSON(parsing: bytes)
            request = try ChatRequest(body, form: form)
        } catch {
            return failure(.badRequest("\(error)"), form)
        }
        guard let model = model(request.model, configuration) else { return failure(.unknownModel(request.model), form) }
        if let format = request.format, !configuration.responseFormat.allows(format) {
            return failure(.unsupportedFormat(format), form)
        }
        if let text = configuration.faultText, request.messages.last?.content.contains(text) == true {
            shared.state.withLock { $0.statistics.failed() }
            return failure(.fault, form)
        }
        let answer = ChatAnswer(request, model: model, malformedRate: configuration.malformedRate)
        let now = Self.now()
        let number = shared.state.withLock { state in
            state.statistics.answered(prompt: answer.promptTokens, completion: answer.completionTokens, at: now)
            return state.statistics.calls
        }
        log?.append(["at": .double(now), "status": 200, "body": body, "answer": .array(answer.choices.map { .string($0.text) })])
        if request.isStreamed {
            let events = answer.events(
                model: request.model, number: number, created: Int(now), withUsage: request.streamsUsage)
            return streamed(events, over: configuration.streamMilliseconds / 1000)
        }
        return response(answer.bytes(form, model: request.model, number: number, created: Int(now)))
    }

    /// - Parameter seconds: from the first event to the last.
    private func streamed(_ events: [String], over seconds: Double) -> Response {
        let body = ResponseBody { writer in
            for (position, event) in events.enumerated() {
                if position > 0, seconds > 0 { try await Task.sleep(for: .seconds(seconds / Double(events.count - 1))) }
                try await writer.write(ByteBuffer(string: "data: \(event)\n\n"))
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "text/event-stream"], body: body)
    }

    /// Nil for one that does not exist.
    private func model(_ name: String, _ configuration: SimulationConfiguration) -> SimulatedModel? {
        if FinetuningDesk.isTuned(name) { return finetuning.model(name, at: Self.now()) }
        return configuration.models.isEmpty || configuration.models.contains(name) ? model : nil
    }

    private func body(of request: Request, upTo limit: Int = bodyLimit) async throws -> [UInt8] {
        Array(try await request.body.collect(upTo: limit).readableBytesView)
    }

    private func response(_ json: JSON, status: HTTPResponse.Status = .ok) -> Response { response(json.bytes(), status: status) }

    private func response(_ bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func failure(_ error: ErrorBody, _ form: ChatRequest.Form) -> Response {
        var response = response(error.json(form), status: HTTPResponse.Status(code: error.status))
        if let seconds = error.retryAfter {
            response.headers[.retryAfter] = JSON.double(seconds).intValue.map(String.init) ?? "\(seconds)"
        }
        return response
    }

    /// Seconds since the epoch.
    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
