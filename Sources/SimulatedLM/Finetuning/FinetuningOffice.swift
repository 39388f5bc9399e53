import JSON

/// The files, the jobs and the models that came of them. A value: the time is given with every question.
struct FinetuningOffice: Sendable {
    private(set) var files: [UploadedFile] = []
    /// In the order of their creation.
    private(set) var jobs: [FinetuningJob] = []
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    private func id(_ prefix: String, _ number: Int) -> String {
        let digits = String(Digest(seed: seed).combining(prefix).combining(UInt64(number)).value, radix: 36)
        return "\(prefix)-\(digits)"
    }

    // MARK: Files

    mutating func upload(_ form: MultipartForm, at now: Double) throws(Diagnostic) -> UploadedFile {
        guard let purpose = form["purpose"].map({ trimmed(String(decoding: $0.content, as: UTF8.self)) }) else {
            throw Diagnostic(JSONPath([.key("purpose")]), "you must provide a purpose")
        }
        guard let part = form["file"] else { throw Diagnostic(JSONPath([.key("file")]), "you must provide a file") }
        let file = UploadedFile(
            id: id("file", files.count), name: part.filename ?? "file", purpose: purpose, createdAt: Int(now),
            content: part.content)
        files.append(file)
        return file
    }

    func file(_ id: String) -> UploadedFile? { files.first { $0.id == id } }

    // MARK: Jobs

    /// - Parameter duration: in seconds.
    mutating func create(_ request: FinetuningRequest, duration: Double, at now: Double) throws(Diagnostic) -> FinetuningJob {
        var lessons = Lessons([])
        var fault: String?
        var tokens = 0
        for (key, id) in [("training_file", request.trainingFile), ("validation_file", request.validationFile)] {
            guard let id else { continue }
            guard let file = file(id) else { throw Diagnostic(JSONPath([.key(key)]), "invalid \(key): \(id) does not exist") }
            guard file.purpose == "fine-tune" else {
                throw Diagnostic(JSONPath([.key(key)]), "the file's purpose is '\(file.purpose)', expected 'fine-tune'")
            }
        }
        do throws(Diagnostic) {
            let chats = try TrainingChats.parse(file(request.trainingFile)?.content ?? [])
            lessons = Lessons(chats)
            tokens = chats.joined().reduce(0) { $0 + ChatAnswer.tokens($1.content) }
        } catch {
            fault = "the training file is of no use: \(error.message)"
        }
        let job = FinetuningJob(
            id: id("ftjob", jobs.count), request: request, createdAt: now, duration: duration, fault: fault, lessons: lessons,
            trainedTokens: tokens)
        jobs.append(job)
        return job
    }

    func job(_ id: String) -> FinetuningJob? { jobs.first { $0.id == id } }

    /// - Throws: a ``Diagnostic`` for a job that has ended.
    mutating func cancel(_ id: String, at now: Double) throws(Diagnostic) -> FinetuningJob? {
        guard let position = jobs.firstIndex(where: { $0.id == id }) else { return nil }
        let status = jobs[position].status(at: now)
        guard !status.isFinal else { throw Diagnostic(JSONPath(), "job \(id) has already \(status.rawValue)") }
        jobs[position].cancelledAt = now
        return jobs[position]
    }

    /// The newest first.
    /// - Parameters:
    ///   - after: the id of the job that the page before ended with.
    ///   - metadata: what the jobs must have.
    func page(
        after: String?, limit: Int, metadata: [(key: String, value: String)]
    ) -> (jobs: [FinetuningJob], hasMore: Bool) {
        var listed = jobs.reversed().filter { job in
            metadata.allSatisfy { job.request.metadata[$0.key]?.stringValue == $0.value }
        }
        if let after, let position = listed.firstIndex(where: { $0.id == after }) { listed.removeFirst(position + 1) }
        return (Array(listed.prefix(limit)), listed.count > limit)
    }

    // MARK: Models

    /// The jobs behind a tuned model, its own first, then those of the model that it was made from; nil where there is none.
    func training(of model: String, at now: Double) -> [FinetuningJob]? {
        guard let job = jobs.first(where: { $0.status(at: now) == .succeeded && $0.tunedModel == model }) else { return nil }
        return [job] + (training(of: job.request.model, at: now) ?? [])
    }

    func models(at now: Double) -> [String] { jobs.filter { $0.status(at: now) == .succeeded }.map(\.tunedModel) }
}
