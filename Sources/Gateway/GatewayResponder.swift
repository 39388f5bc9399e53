internal import HTTPTypes
internal import Hummingbird
internal import JSON
internal import LanguageModels
internal import NIOCore
internal import Programs

/// Reads a request, sends its call through the stack, answers in OpenAI's form.
struct GatewayResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let stack: CallStack
    let directory: any GatewayDirectory
    let isOnLoopback: Bool
    /// How long a call that is of no study waits for an endpoint that is away.
    let longestHold: Duration
    let tally = GatewayTally()

    private static let bodyLimit = 64 << 20

    func respond(to request: Request, context: Context) async throws -> Response {
        do throws(GatewayError) {
            try refuseBrowsers(request)
            let (attribution, path) = try Attribution.read(path: request.uri.path, headers: request.headers)
            switch (request.method, path) {
            case (.post, "/v1/chat/completions"): return try await call(.chat, request, attribution)
            case (.post, "/v1/embeddings"): return try await call(.embeddings, request, attribution)
            case (.get, "/v1/models"): return .json(try await models(for: attribution))
            case (.get, let path) where path.hasPrefix("/v1/models/"):
                return .json(Self.model(String(path.dropFirst("/v1/models/".count))))
            case (.get, "/usage"): return .json(tally.json)
            default: throw unknown(request)
            }
        } catch {
            return .failure(error)
        }
    }

    /// A page in a browser on this machine must not spend money: browsers say whose page asks, and under which name.
    private func refuseBrowsers(_ request: Request) throws(GatewayError) {
        guard request.headers[.origin] == nil else { throw GatewayError(403, "requests of web pages are refused") }
        guard isOnLoopback, let authority = request.head.authority else { return }
        let name = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        guard GatewayServer.Address.isLoopback(name) else {
            throw GatewayError(403, "the gateway is for this machine only, not for '\(authority)'")
        }
    }

    private func unknown(_ request: Request) -> GatewayError {
        GatewayError(
            404,
            "there is no \(request.method.rawValue) \(request.uri.path) here; there are POST /v1/chat/completions, "
                + "POST /v1/embeddings, GET /v1/models and GET /usage, the first three also below "
                + "/study/NAME, /trial/NUMBER and /role/ROLE", code: "unknown_url")
    }

    // MARK: Models

    private func models(for attribution: Attribution) async throws(GatewayError) -> JSON {
        let names: [String]
        switch try await directory.models(for: attribution) {
        case .named(let known): names = known
        case .listed(let settings):
            do throws(LanguageModelError) { names = try await stack.models(at: settings) } catch { throw GatewayError(error) }
        }
        return ["object": "list", "data": .array(names.map(Self.model))]
    }

    private static func model(_ name: String) -> JSON {
        ["id": .string(name), "object": "model", "created": 0, "owned_by": "nightshift"]
    }

    // MARK: Calls

    /// A caller that hangs up ends the call. Its body is read meanwhile too: whoever watches the connection must see the body end.
    private func call(
        _ kind: ForwardedCall.Kind, _ request: Request, _ attribution: Attribution
    ) async throws(GatewayError) -> Response {
        do {
            return try await request.body.consumeWithCancellationOnInboundClose { body in
                let job = try await job(kind, body, request.headers, attribution)
                return job.call.isStreamed ? try await streamed(job) : try await whole(job)
            }
        } catch let error as GatewayError {
            throw error
        } catch {
            throw GatewayError(503, "the caller hung up", type: "server_error")
        }
    }

    private func job(
        _ kind: ForwardedCall.Kind, _ body: RequestBody, _ headers: HTTPFields, _ attribution: Attribution
    ) async throws(GatewayError) -> GatewayJob {
        let bytes: [UInt8]
        do { bytes = Array(try await body.collect(upTo: Self.bodyLimit).readableBytesView) } catch {
            throw GatewayError(413, "the body cannot be read, or is larger than \(Self.bodyLimit >> 20) MB: \(error)")
        }
        let call = try Self.read(kind, bytes, headers)
        var route = try await directory.route(for: attribution, model: call.model)
        let control = headers[.cacheControl]?.lowercased() ?? ""
        if control.contains("no-cache") || control.contains("no-store") { route.isCached = false }
        // Calls of a study wait as the study itself does.
        let longestHold = route.origin.study == nil ? longestHold : nil
        return GatewayJob(
            call: call, route: route, attribution: attribution, longestHold: longestHold, stack: stack, tally: tally)
    }

    private static func read(_ kind: ForwardedCall.Kind, _ bytes: [UInt8], _ headers: HTTPFields) throws(GatewayError) -> ForwardedCall {
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw .badRequest("the body is not JSON: \(error)") }
        var call: ForwardedCall
        do throws(ForwardedCall.Problem) { call = try ForwardedCall(kind, json) } catch {
            throw .badRequest(error.message, parameter: error.parameter)
        }
        if let name = HTTPField.Name("X-Nightshift-Rollout"), let text = headers[name] {
            guard let rollout = Int(text), rollout >= 0 else {
                throw .badRequest("the header's rollout must be a number from 0, not '\(text)'", parameter: "rollout")
            }
            call.draw(rollout)
        }
        return call
    }

    private func whole(_ job: GatewayJob) async throws(GatewayError) -> Response {
        let (answer, usage) = try await job.run(handOn: nil)
        return .json(answer, cache: usage.cached > 0)
    }

    /// Nothing is answered before the first part is there: until then an error has a status of its own.
    private func streamed(_ job: GatewayJob) async throws(GatewayError) -> Response {
        let (stream, continuation) = AsyncStream<GatewayJob.Event>.makeStream()
        let task = Task {
            do throws(GatewayError) {
                let (_, usage) = try await job.run { continuation.yield(.part($0)) }
                continuation.yield(.end(usage))
            } catch {
                continuation.yield(.failure(error))
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        // The stream ends with the wait for its first event, where the caller hangs up meanwhile.
        guard let first = await stream.first(where: { _ in true }) else {
            throw GatewayError(503, "the caller hung up, or the gateway stops", type: "server_error")
        }
        if case .failure(let error) = first { throw error }
        let body = ResponseBody { writer in
            var event: GatewayJob.Event? = first
            var rest = stream.makeAsyncIterator()
            while let next = event {
                try await writer.write(ByteBuffer(string: next.text))
                event = await rest.next()
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache"], body: body)
    }
}

extension Response {
    /// - Parameter cache: whether the answer came from the cache; nil where that is no question.
    fileprivate static func json(_ json: JSON, status: Int = 200, cache: Bool? = nil) -> Response {
        var response = Response(
            status: HTTPResponse.Status(code: status), headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes())))
        if let cache, let name = HTTPField.Name("X-Nightshift-Cache") { response.headers[name] = cache ? "hit" : "miss" }
        return response
    }

    fileprivate static func failure(_ error: GatewayError) -> Response {
        var response = json(error.json, status: error.status)
        if let seconds = error.retryAfter { response.headers[.retryAfter] = String(Int(seconds.rounded(.up))) }
        // The stack has tried often enough; OpenAI's clients heed this.
        if let name = HTTPField.Name("X-Should-Retry") { response.headers[name] = "false" }
        return response
    }
}
