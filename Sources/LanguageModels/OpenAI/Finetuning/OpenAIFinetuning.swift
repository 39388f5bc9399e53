internal import FoundationEssentials
package import HTTP
internal import JSON
package import Programs

/// Fine-tuning by OpenAI's files and jobs, at OpenAI or at any server that speaks its API.
///
/// A job outlives whoever began it, so its order's key goes with it, and every question first looks for the job with that key.
/// Failed requests are made again, and before a job is begun again it is looked for again: a lost answer begins no second one.
package struct OpenAIFinetuning: FinetuningProvider {
    private static let pageSize = 100
    private static let pageLimit = 100

    package let settings: LanguageModelSettings
    private let api: ProviderAPI
    private let retrying: Retrying

    package init(
        settings: LanguageModelSettings, environment: [String: String] = ProcessInfo.processInfo.environment,
        transport: HTTPTransport = .shared, policy: RetryPolicy? = nil,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.settings = settings
        api = ProviderAPI(settings, environment: environment, transport: transport)
        retrying = Retrying(policy: policy ?? RetryPolicy(settings), sleep: sleep)
    }

    /// What fails on account of the order itself, such as a file that the provider does not take, ends the training.
    package func progress(of order: FinetuningOrder) async throws(LanguageModelError) -> FinetuningProgress {
        do throws(LanguageModelError) {
            return try await retrying { () async throws(LanguageModelError) in
                let job = try await jobs(of: order).canonical
                if let job { return progress(of: job) }
                return try await begin(order)
            }.answer
        } catch {
            guard error.fault == .program else { throw error }
            return .failed(error.message)
        }
    }

    private func progress(of job: OpenAIFinetuningJob) -> FinetuningProgress {
        job.progress(now: Date().timeIntervalSince1970, prefix: settings.provider.rawValue + "/")
    }

    private func begin(_ order: FinetuningOrder) async throws(LanguageModelError) -> FinetuningProgress {
        let model = try settings.asking(order.model).model
        let form = MultipartBody(purpose: "fine-tune", filename: "\(order.suffix).jsonl", lines: order.chats)
        let file = try await called { () async throws(ProviderAPI.Failure) in
            try await api.post(form.bytes, type: form.contentType, to: "/files", for: "id")
        }
        guard let id = file["id"]?.stringValue else { throw malformed("an uploaded file has no id", file) }
        let body = Self.body(of: order, model: model, file: id)
        let created = try await called { () async throws(ProviderAPI.Failure) in
            try await api.post(body, to: "/fine_tuning/jobs", for: "id").body
        }
        guard let job = OpenAIFinetuningJob(json: created) else {
            throw malformed("a training job has no id or no status", created)
        }
        guard job.serves(order) else {
            await cancel(job)
            throw LanguageModelError(
                .unknownModel,
                "\(settings.baseURL) keeps neither the metadata nor the suffix of a training job: it could not be found again, "
                    + "so it was cancelled")
        }
        return progress(of: try await settled(job, order))
    }

    /// Two that began a job at once both see this, and keep the same one.
    private func settled(
        _ job: OpenAIFinetuningJob, _ order: FinetuningOrder
    ) async throws(LanguageModelError) -> OpenAIFinetuningJob {
        let all = try await jobs(of: order) + [job]
        guard let kept = all.canonical, kept.id != job.id else { return job }
        await cancel(job)
        return kept
    }

    /// A job that has ended already needs no cancelling.
    private func cancel(_ job: OpenAIFinetuningJob) async {
        _ = try? await api.post([:], to: "/fine_tuning/jobs/\(job.id)/cancel", for: "id")
    }

    private static func body(of order: FinetuningOrder, model: String, file: String) -> JSON {
        var body: JSONObject = [
            "model": .string(model), "training_file": .string(file), "suffix": .string(order.suffix),
            "metadata": .object([OpenAIFinetuningJob.keyName: .string(order.key)]),
        ]
        let ownMembers = ["seed", "method"]
        for name in ownMembers { body[name] = order.settings[name] }
        let hyperparameters = order.settings.filter { !ownMembers.contains($0) }
        if !hyperparameters.isEmpty { body["hyperparameters"] = .object(hyperparameters) }
        return .object(body)
    }

    /// All jobs of the account that are the order's.
    private func jobs(of order: FinetuningOrder) async throws(LanguageModelError) -> [OpenAIFinetuningJob] {
        var found: [OpenAIFinetuningJob] = []
        var after: String?
        for _ in 0..<Self.pageLimit {
            let path = "/fine_tuning/jobs?limit=\(Self.pageSize)" + (after.map { "&after=\($0)" } ?? "")
            let page = try await called { () async throws(ProviderAPI.Failure) in try await api.get(path, for: "data").body }
            guard let list = page["data"]?.arrayValue else { throw malformed("the list of training jobs has no data", page) }
            let jobs = list.compactMap { OpenAIFinetuningJob(json: $0) }
            found += jobs.filter { $0.serves(order) }
            guard page["has_more"] == true, let last = jobs.last?.id, last != after else { break }
            after = last
        }
        return found
    }

    private func called(
        _ request: () async throws(ProviderAPI.Failure) -> JSON
    ) async throws(LanguageModelError) -> JSON {
        do throws(ProviderAPI.Failure) { return try await request() } catch { throw error.error }
    }

    private func malformed(_ message: String, _ body: JSON) -> LanguageModelError {
        LanguageModelError(.malformedResponse, "\(settings.baseURL): \(message): \(body.serialized().prefix(300))")
    }
}
