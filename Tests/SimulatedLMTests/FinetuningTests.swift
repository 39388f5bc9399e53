import JSON
import Testing

@testable import SimulatedLM

/// Over real loopback HTTP, but for the forms of requests.
@Suite struct FinetuningTests {
    private func withServer(
        _ change: (inout SimulationConfiguration) -> Void = { _ in }, _ body: (LoopbackClient) async throws -> Void
    )
        async throws
    {
        var configuration = SimulatedLMServer.Configuration()
        configuration.port = 0
        configuration.simulation.finetuneMilliseconds = 0
        change(&configuration.simulation)
        let server = SimulatedLMServer(configuration: configuration)
        let (ports, ready) = AsyncStream.makeStream(of: Int.self)
        let running = Task {
            defer { ready.finish() }
            try await server.run { ready.yield($0) }
        }
        defer { running.cancel() }
        var port: Int?
        for await first in ports {
            port = first
            break
        }
        try await body(LoopbackClient(port: try #require(port)))
    }

    // MARK: A made-up trade, whose words say nothing of its labels

    private static let words = [
        "billing": ["zorbel", "quanti", "hespid"], "delivery": ["marnik", "toolip", "vexora"],
        "password_reset": ["glimfa", "pontur", "sarrow"],
    ]

    private static func ticket(_ team: String, _ number: Int) -> String {
        let own = words[team] ?? []
        return "The \(own[number % 3]) of my \(own[(number + 1) % 3]) needs \(own[(number / 3) % 3]) number \(number)"
    }

    /// The team that a training file names, which may be a wrong one.
    private static func chats(_ count: Int, label: (String) -> String = { $0 }) -> [[ChatMessage]] {
        (0..<count).map { number in
            let team = Prompts.labels[number % 3]
            let answer =
                "[[ ## reasoning ## ]]\nIt says so.\n\n[[ ## team ## ]]\n\(label(team))\n\n[[ ## urgency ## ]]\n3\n\n"
                + "[[ ## vip ## ]]\nFalse\n\n[[ ## items ## ]]\n[]\n\n[[ ## completed ## ]]\n"
            return [Prompts.chatSystem(), Prompts.user(ticket(team, number)), ChatMessage(.assistant, answer)]
        }
    }

    private static func file(_ chats: [[ChatMessage]]) -> String {
        chats.map { chat -> String in
            let messages = chat.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] as JSON }
            return (["messages": .array(messages)] as JSON).serialized() + "\n"
        }.joined()
    }

    /// How many of 60 unseen tickets `model` sends to the team that `label` names.
    private static func rights(_ model: SimulatedModel, label: (String) -> String = { $0 }) -> Int {
        (0..<60).count { number in
            let team = Prompts.labels[number % 3]
            let answer = model.answer(.init(messages: [Prompts.chatSystem(), Prompts.user(ticket(team, 1000 + number))]))
            return Prompts.value("team", in: answer) == label(team)
        }
    }

    @Test func aModelLearnsWhatItIsTaught() {
        let base = SimulatedModel(seed: 3)
        let rotated = ["billing": "delivery", "delivery": "password_reset", "password_reset": "billing"]
        let right = base.taught(Lessons(Self.chats(60)))
        let wrong = base.taught(Lessons(Self.chats(60) { rotated[$0] ?? "" }))
        let before = Self.rights(base)
        let after = Self.rights(right)
        #expect(before < 35, "\(before)")
        #expect(after >= before + 20 && after >= 45, "\(before), \(after)")
        #expect(Self.rights(wrong) <= 12, "\(Self.rights(wrong))")
        #expect(Self.rights(wrong) { rotated[$0] ?? "" } >= 45)
        // Other tasks are as they were.
        let other = PartPrompt(inputs: [("question", "str")], outputs: [("verdict", "Literal['yes', 'no', 'maybe']")])
        for number in 0..<20 {
            let question = ["question": "Is number \(number) one?"]
            #expect(other.answer(question, model: right)["verdict"] == other.answer(question, model: base)["verdict"])
        }
    }

    @Test func moreLessonsTeachMore() {
        let base = SimulatedModel(seed: 5)
        let scores = [12, 60, 240].map { Self.rights(base.taught(Lessons(Self.chats($0)))) }
        #expect(scores[0] < scores[2] && scores[1] <= scores[2] + 2, "\(scores)")
    }

    // MARK: The interface

    private static let boundary = "----8f3a"

    private func upload(_ client: LoopbackClient, _ text: String, purpose: String = "fine-tune") async -> LoopbackClient.Reply {
        let body =
            "--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n\(purpose)\r\n--\(Self.boundary)\r\n"
            + "Content-Disposition: form-data; name=\"file\"; filename=\"chats.jsonl\"\r\nContent-Type: application/jsonl\r\n\r\n"
            + "\(text)\r\n--\(Self.boundary)--\r\n"
        return await client.send("POST", "/v1/files", body, type: "multipart/form-data; boundary=\(Self.boundary)")
    }

    private func start(_ client: LoopbackClient, _ file: String, extra: JSONObject = [:]) async -> LoopbackClient.Reply {
        let body: JSONObject = ["model": "gpt-sim", "training_file": .string(file)]
        return await client.post("/v1/fine_tuning/jobs", .object(body.merging(extra)))
    }

    private func question(_ model: String, _ ticket: String) -> JSON {
        let messages = [Prompts.chatSystem(), Prompts.user(ticket)].map { message -> JSON in
            ["role": .string(message.role.rawValue), "content": .string(message.content)]
        }
        return ["model": .string(model), "messages": .array(messages), "temperature": 0]
    }

    @Test func fromFileToModel() async throws {
        try await withServer { client in
            let file = await upload(client, Self.file(Self.chats(30)))
            let id = try #require(file.json?["id"]?.stringValue)
            #expect(file.json?["filename"] == "chats.jsonl" && file.json?["purpose"] == "fine-tune")
            #expect(await client.get("/v1/files/\(id)").json == file.json)
            let extra: JSONObject = [
                "suffix": "tickets", "metadata": ["unit": "a"], "seed": 7, "hyperparameters": ["n_epochs": 2],
            ]
            let job = try #require(await start(client, id, extra: extra).json)
            let number = try #require(job["id"]?.stringValue)
            let done = try #require(await client.get("/v1/fine_tuning/jobs/\(number)").json)
            #expect(done["status"] == "succeeded" && done["error"] == .null && done["metadata"]?["unit"] == "a")
            #expect(done["method"]?["supervised"]?["hyperparameters"]?["n_epochs"] == 2)
            #expect((done["trained_tokens"]?.intValue ?? 0) > 1000)
            let model = try #require(done["fine_tuned_model"]?.stringValue)
            #expect(model == "ft:gpt-sim:tickets::\(number.dropFirst("ftjob-".count))")
            let names = await client.get("/v1/models").json?["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue }
            #expect(names == ["sim", model])
            let taught = SimulatedModel().taught(Lessons(Self.chats(30)))
            let ticket = Self.ticket("delivery", 77)
            let reply = await client.post("/v1/chat/completions", question(model, ticket))
            #expect(reply.json?["model"]?.stringValue == model)
            #expect(
                reply.json?["choices"]?[0]?["message"]?["content"]?.stringValue
                    == taught.answer(.init(messages: [Prompts.chatSystem(), Prompts.user(ticket)])))
            let unknown = await client.post("/v1/chat/completions", question("ft:gpt-sim:tickets::other", ticket))
            #expect(unknown.status == 404 && unknown.json?["error"]?["code"] == "model_not_found")
            // A tuned model can be trained further.
            let next = try #require(await start(client, id, extra: ["model": .string(model)]).json?["id"]?.stringValue)
            let further = await client.get("/v1/fine_tuning/jobs/\(next)").json?["fine_tuned_model"]?.stringValue
            #expect(further?.hasPrefix("ft:gpt-sim:personal::") == true)
        }
    }

    @Test func aJobGoesThroughItsStages() throws {
        var office = FinetuningOffice(seed: 1)
        let form = try MultipartForm(
            Array(
                ("--b\r\nContent-Disposition: form-data; name=purpose\r\n\r\nfine-tune\r\n--b\r\n"
                    + "Content-Disposition: form-data; name=\"file\"; filename=f\r\n\r\n\(Self.file(Self.chats(10)))\r\n--b--")
                    .utf8), contentType: "multipart/form-data; boundary=\"b\"")
        let file = try office.upload(form, at: 100)
        let job = try office.create(
            FinetuningRequest(["model": "m", "training_file": .string(file.id)]), duration: 10, at: 100)
        let statuses = [100, 102, 105, 109.9, 110].map { job.status(at: $0).rawValue }
        #expect(statuses == ["validating_files", "queued", "running", "running", "succeeded"])
        #expect(office.models(at: 109).isEmpty && office.models(at: 111) == [job.tunedModel])
        #expect(try office.cancel(job.id, at: 104)?.status(at: 200) == .cancelled)
        #expect(throws: Diagnostic.self) { try office.cancel(job.id, at: 105) }
        #expect(office.models(at: 111).isEmpty)
    }

    @Test(arguments: [
        (Self.file(Self.chats(9)), "at least 10"), ("not JSON\n", "line 1"), (#"{"messages": []}"# + "\n", "no messages"),
        (#"{"messages": [{"role": "user", "content": "a"}]}"# + "\n", "last message"),
    ])
    func aBadFileFailsTheJob(text: String, reason: String) async throws {
        try await withServer { client in
            let file = try #require(await upload(client, text).json?["id"]?.stringValue)
            let job = try #require(await start(client, file).json)
            #expect(job["status"] == "failed" && job["fine_tuned_model"] == .null)
            #expect(job["error"]?["code"] == "invalid_training_file")
            #expect(job["error"]?["message"]?.stringValue?.contains(reason) == true, "\(job["error"]?.serialized() ?? "")")
        }
    }

    @Test func badRequestsAreRefused() async throws {
        try await withServer({ $0.models = ["gpt-sim"] }) { client in
            let file = try #require(await upload(client, Self.file(Self.chats(10))).json?["id"]?.stringValue)
            let wrong = try #require(await upload(client, "x", purpose: "batch").json?["id"]?.stringValue)
            #expect(await start(client, "file-none").status == 400)
            #expect(await start(client, wrong).status == 400)
            #expect(await start(client, file, extra: ["model": "other"]).json?["error"]?["code"] == "model_not_found")
            #expect(await start(client, file, extra: ["model": "ft:none:x::y"]).status == 404)
            #expect(await start(client, file, extra: ["suffix": .string(String(repeating: "x", count: 65))]).status == 400)
            #expect(await start(client, file, extra: ["hyperparameters": ["epochs": 3]]).status == 400)
            #expect(await client.send("POST", "/v1/files", "{}").status == 400)
            #expect(await client.get("/v1/files/none").status == 404)
            #expect(await client.get("/v1/fine_tuning/jobs/none").status == 404)
            #expect(await client.get("/v1/fine_tuning/jobs").json?["data"]?.arrayValue?.isEmpty == true)
            _ = await client.post("/config", ["unauthorized": true])
            #expect(await client.get("/v1/fine_tuning/jobs").status == 401)
        }
    }

    @Test func jobsAreListedInPages() async throws {
        try await withServer({ $0.finetuneMilliseconds = 60_000 }) { client in
            let file = try #require(await upload(client, Self.file(Self.chats(10))).json?["id"]?.stringValue)
            var ids: [String] = []
            for number in 0..<5 {
                let extra: JSONObject = ["metadata": ["unit": .string("u \(number)")]]
                ids.append(try #require(await start(client, file, extra: extra).json?["id"]?.stringValue))
            }
            func page(_ query: String) async -> (ids: [String], more: JSON?) {
                let json = await client.get("/v1/fine_tuning/jobs\(query)").json
                return ((json?["data"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }, json?["has_more"])
            }
            let first = await page("?limit=2")
            #expect(first.ids == [ids[4], ids[3]] && first.more == true)
            let rest = await page("?limit=3&after=\(ids[3])")
            #expect(rest.ids == [ids[2], ids[1], ids[0]] && rest.more == false)
            #expect(await page("?metadata%5Bunit%5D=u%203").ids == [ids[3]])
            #expect(await client.get("/v1/fine_tuning/jobs?limit=0").status == 400)
            let cancelled = await client.post("/v1/fine_tuning/jobs/\(ids[0])/cancel", [:])
            #expect(cancelled.json?["status"] == "cancelled")
            #expect(await client.post("/v1/fine_tuning/jobs/\(ids[0])/cancel", [:]).status == 400)
            let events = await client.get("/v1/fine_tuning/jobs/\(ids[0])/events").json?["data"]?.arrayValue
            #expect(events?.count == 1 && events?[0]["message"] == "The job is cancelled.")
            #expect(await client.get("/v1/fine_tuning/jobs/none/events").status == 404)
        }
    }
}
