import HTTP
import JSON
import LanguageModels
import Programs
import Synchronization
import TestSupport
import Testing

/// A provider's files and jobs, with the faults that a test asks for.
private final class TrainingServer: Sendable {
    struct Faults: Sendable {
        var dropsMetadata = false
        var dropsSuffix = false
        /// Jobs that another worker begins while this one does.
        var rivals = 0
        /// Answers to the creation of a job that are lost after it was created.
        var lostAnswers = 0
        var pageSize = 100
    }

    private struct State {
        var jobs: [JSONObject] = []
        var uploads: [String] = []
        var cancelled: [String] = []
    }

    private let state = Mutex(State())
    private let faults: Mutex<Faults>

    init(_ faults: Faults = Faults()) { self.faults = Mutex(faults) }

    var uploads: [String] { state.withLock { $0.uploads } }
    var cancelled: [String] { state.withLock { $0.cancelled } }
    var jobs: [JSONObject] { state.withLock { $0.jobs } }

    func set(_ position: Int, _ members: JSONObject) {
        state.withLock { $0.jobs[position] = $0.jobs[position].merging(members) }
    }

    func addOthers(_ count: Int) {
        for _ in 0..<count { _ = create(["model": "m", "metadata": ["nightshift_unit": "another"], "suffix": "another"]) }
    }

    @discardableResult private func create(_ body: JSON) -> JSON {
        let faults = faults.withLock { $0 }
        return state.withLock { state in
            let number = state.jobs.count
            var job: JSONObject = [
                "object": "fine_tuning.job", "id": .string("ftjob-\(number)"), "status": "running", "fine_tuned_model": .null,
                "created_at": .int(1_700_000_000 + number), "model": body["model"] ?? .null, "error": .null,
                "hyperparameters": body["hyperparameters"] ?? .null, "training_file": body["training_file"] ?? .null,
            ]
            if !faults.dropsMetadata { job["metadata"] = body["metadata"] }
            if !faults.dropsSuffix { job["user_provided_suffix"] = body["suffix"] }
            state.jobs.append(job)
            return .object(job)
        }
    }

    func answer(_ request: LoopbackServer.Request) -> LoopbackServer.Reply {
        let parts = request.path.split(separator: "?").first.map(String.init)?.split(separator: "/").map(String.init) ?? []
        switch (request.method, parts.dropFirst().joined(separator: "/")) {
        case ("POST", "files"):
            let number = state.withLock { state in
                state.uploads.append(String(decoding: request.body, as: UTF8.self))
                return state.uploads.count
            }
            return .respond(body: #"{"id": "file-\#(number)", "object": "file"}"#)
        case ("POST", "fine_tuning/jobs"):
            let body = (try? JSON(parsing: request.body)) ?? .null
            let (isLost, rivals) = faults.withLock { faults in
                defer { (faults.lostAnswers, faults.rivals) = (max(0, faults.lostAnswers - 1), 0) }
                return (faults.lostAnswers > 0, faults.rivals)
            }
            for _ in 0..<rivals { create(body) }
            let job = create(body)
            return isLost ? .close : .respond(body: job.serialized())
        case ("GET", "fine_tuning/jobs"): return .respond(body: page(request.path).serialized())
        case ("POST", let path) where path.hasSuffix("/cancel"):
            state.withLock { state in
                state.cancelled.append(parts[3])
                guard let position = state.jobs.firstIndex(where: { $0["id"]?.stringValue == parts[3] }) else { return }
                state.jobs[position]["status"] = "cancelled"
            }
            return .respond(body: #"{"id": "x", "status": "cancelled"}"#)
        default: return .respond(status: 404, body: #"{"error": {"message": "no such path"}}"#)
        }
    }

    private func page(_ path: String) -> JSON {
        let size = faults.withLock { $0.pageSize }
        var jobs = Array(jobs.reversed())
        if let after = path.firstRange(of: "after=").map({ String(path[$0.upperBound...]) }),
            let position = jobs.firstIndex(where: { $0["id"]?.stringValue == after })
        {
            jobs.removeFirst(position + 1)
        }
        return [
            "object": "list", "data": .array(jobs.prefix(size).map { .object($0) }), "has_more": .bool(jobs.count > size),
        ]
    }
}

@Suite struct OpenAIFinetuningTests {
    private static let chat: JSON = [
        "messages": [["role": "user", "content": "Ü\n\"q\""], ["role": "assistant", "content": "a"]]
    ]
    private let order = FinetuningOrder(
        key: "study/finetune/1", suffix: "banking-0a1b2c", model: "openai/base", chats: [chat, chat],
        settings: ["n_epochs": 3, "seed": 5])

    private func provider(_ server: LoopbackServer) throws -> OpenAIFinetuning {
        var policy = RetryPolicy()
        policy.base = .milliseconds(1)
        let settings = try LanguageModelSettings(model: "openai/m", baseURL: server.url + "/v1", apiKeyEnvironment: "KEY")
        return OpenAIFinetuning(settings: settings, environment: ["KEY": "sk"], transport: HTTPTransport(), policy: policy)
    }

    private func run<R>(_ training: TrainingServer, _ body: (OpenAIFinetuning) async throws -> R) async throws -> R {
        try await withServer({ training.answer($0) }) { server in try await body(try provider(server)) }
    }

    private func isRunning(_ progress: FinetuningProgress) -> Bool { if case .running = progress { true } else { false } }

    @Test func oneJobHoweverOftenItIsAskedFor() async throws {
        let training = TrainingServer()
        try await run(training) { (provider) async throws -> Void in
            for _ in 0..<3 { #expect(isRunning(try await provider.progress(of: order))) }
            training.set(0, ["status": "succeeded", "fine_tuned_model": "ft:base:banking-0a1b2c::1"])
            #expect(try await provider.progress(of: order) == .succeeded(model: "openai/ft:base:banking-0a1b2c::1"))
        }
        #expect(training.uploads.count == 1)
        let upload = try #require(training.uploads.first)
        let line = Self.chat.serialized() + "\n"
        #expect(upload.contains("\r\n\r\n\(line)\(line)\r\n--") && upload.contains("name=\"purpose\"\r\n\r\nfine-tune\r\n"))
        let job = try #require(training.jobs.first)
        #expect(training.jobs.count == 1)
        #expect(job["model"] == "base" && job["training_file"] == "file-1" && job["hyperparameters"] == ["n_epochs": 3])
        #expect(job["metadata"] == ["nightshift_unit": "study/finetune/1"] && job["user_provided_suffix"] == "banking-0a1b2c")
    }

    /// On a kept connection the transport itself may put the request again: of two jobs the second is cancelled at once.
    @Test func aLostAnswerLeavesOneJob() async throws {
        let training = TrainingServer(.init(lostAnswers: 1))
        #expect(isRunning(try await run(training) { try await $0.progress(of: order) }))
        #expect(training.jobs.filter { $0["status"] == "running" }.count == 1)
        #expect(training.jobs.first?["status"] == "running")
    }

    @Test func ofTwoThatBeginAtOnceOneJobStays() async throws {
        let training = TrainingServer(.init(rivals: 1))
        #expect(isRunning(try await run(training) { try await $0.progress(of: order) }))
        #expect(training.cancelled == ["ftjob-1"])
        // The cancelled one does not count later on either.
        training.set(0, ["status": "succeeded", "fine_tuned_model": "ft:x"])
        #expect(try await run(training) { try await $0.progress(of: order) } == .succeeded(model: "openai/ft:x"))
    }

    @Test func theSuffixStandsInForMetadata() async throws {
        let training = TrainingServer(.init(dropsMetadata: true))
        try await run(training) { (provider) async throws -> Void in
            for _ in 0..<2 { #expect(isRunning(try await provider.progress(of: order))) }
        }
        #expect(training.jobs.count == 1)
    }

    @Test func aServerThatKeepsNeitherIsRefused() async throws {
        let training = TrainingServer(.init(dropsMetadata: true, dropsSuffix: true))
        let error = try await run(training) { provider in
            await #expect(throws: LanguageModelError.self) { try await provider.progress(of: order) }
        }
        #expect(error?.fault == .refused && error?.message.contains("neither") == true)
        #expect(training.cancelled == ["ftjob-0"])
    }

    @Test func theJobIsFoundOnALaterPage() async throws {
        let training = TrainingServer(.init(pageSize: 3))
        try await run(training) { (provider) async throws -> Void in
            #expect(isRunning(try await provider.progress(of: order)))
            training.addOthers(7)
            #expect(isRunning(try await provider.progress(of: order)))
        }
        #expect(training.jobs.count == 8)
    }

    @Test(
        arguments: [
            (["status": "failed", "error": ["message": "too few examples"]], "too few examples"),
            (["status": "cancelled"], "was cancelled"), (["status": "succeeded"], "without a model"),
        ] as [(JSONObject, String)])
    func aJobThatEndsWithoutAModelHasFailed(end: JSONObject, reason: String) async throws {
        let training = TrainingServer()
        try await run(training) { provider in
            _ = try await provider.progress(of: order)
            training.set(0, end)
            guard case .failed(let message) = try await provider.progress(of: order) else {
                Issue.record("not failed")
                return
            }
            #expect(message.contains(reason) && message.contains("ftjob-0"))
        }
        #expect(training.jobs.count == 1)
    }

    /// Infrastructure is tried again and stays missing data; a refusal pauses; the provider's no to the data ends the training.
    @Test func errorsAreSorted() async throws {
        func error(_ reply: LoopbackServer.Reply) async throws -> Result<FinetuningProgress, LanguageModelError> {
            try await withServer({ _ in reply }) { server in
                let provider = try provider(server)
                do throws(LanguageModelError) { return .success(try await provider.progress(of: order)) } catch {
                    return .failure(error)
                }
            }
        }
        func fault(_ result: Result<FinetuningProgress, LanguageModelError>) -> LanguageModelError.Fault? {
            if case .failure(let error) = result { error.fault } else { nil }
        }
        #expect(fault(try await error(Answer.failure(500))) == .infrastructure)
        #expect(fault(try await error(.respond(body: "{}"))) == .infrastructure)
        #expect(fault(try await error(Answer.failure(401))) == .refused)
        #expect(fault(try await error(Answer.failure(404))) == .refused)
        #expect(fault(try await error(Answer.failure(400, code: "model_not_found"))) == .refused)
        guard case .success(.failed(let message)) = try await error(Answer.failure(400, message: "bad data")) else {
            Issue.record("a refused file is the end of the training")
            return
        }
        #expect(message.contains("bad data"))
    }

    @Test func anotherProvidersModelIsRefused() async throws {
        var order = order
        order.model = "anthropic/claude"
        let training = TrainingServer()
        let error = try await run(training) { [order] provider in
            await #expect(throws: LanguageModelError.self) { try await provider.progress(of: order) }
        }
        #expect(error?.fault == .refused && training.uploads.isEmpty)
        let settings = try LanguageModelSettings(model: "anthropic/claude-sonnet-4-5")
        #expect(throws: Diagnostic.self) { try finetuningProvider(settings) }
    }
}

/// A predictor's own model in place of the settings'.
@Suite struct OwnModelTests {
    private func asked(_ model: String?, provider: String) async throws -> String? {
        let seen = Mutex<String?>(nil)
        try await withServer { request in
            seen.withLock { $0 = (try? JSON(parsing: request.body))?["model"]?.stringValue }
            let body: JSON = [
                "choices": [["message": ["content": "x"]]], "content": [["type": "text", "text": "x"]],
            ]
            return .respond(body: body.serialized())
        } _: { server in
            let settings = try LanguageModelSettings(
                model: "\(provider)/base", baseURL: server.url + "/v1", apiKeyEnvironment: "KEY")
            var request = hello
            request.model = model
            let transport = HTTPTransport()
            if provider == "openai" {
                _ = try await OpenAIChat(settings: settings, environment: [:], transport: transport).complete(request)
            } else {
                _ = try await AnthropicMessages(settings: settings, environment: [:], transport: transport).complete(request)
            }
        }
        return seen.withLock { $0 }
    }

    @Test(arguments: ["openai", "anthropic"]) func isAsked(provider: String) async throws {
        #expect(try await asked(nil, provider: provider) == "base")
        #expect(try await asked("\(provider)/own", provider: provider) == "own")
        #expect(try await asked("ft:base:x::1", provider: provider) == "ft:base:x::1")
        #expect(try await asked("team/own", provider: provider) == "team/own")
    }

    @Test func anotherProvidersIsRefused() async throws {
        let error = await #expect(throws: LanguageModelError.self) { try await asked("anthropic/own", provider: "openai") }
        #expect(error?.fault == .refused && error?.message.contains("anthropic/own") == true)
    }

    @Test func isRememberedApart() async throws {
        let seen = Record<String>()
        try await withServer { request in
            seen.append((try? JSON(parsing: request.body))?["model"]?.stringValue ?? "")
            return Answer.completion("x")
        } _: { server in
            let settings = try LanguageModelSettings(model: "openai/base", baseURL: server.url + "/v1", temperature: 0)
            let model = CachingModel(
                OpenAIChat(settings: settings, environment: [:], transport: HTTPTransport()), settings)
            for own in [nil, "a", nil, "a", "b"] {
                var request = hello
                request.model = own
                _ = try await model.complete(request)
            }
        }
        #expect(seen.all == ["base", "a", "b"])
    }
}
