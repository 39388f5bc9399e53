internal import ArgumentParser
internal import Store

/// A stored study that a command is about.
struct StudyArgument: ParsableArguments {
    @Argument(help: "The study: its id or a prefix of it, its name, or the path of its file.")
    var study: String

    func with<Result>(
        _ options: SharedOptions, _ body: (Store, StudyRecord) async throws -> Result
    ) async throws -> Result {
        let reference = StudyReference(text: study)
        return try await OpenStore.with(options, dataDirectory: reference.dataDirectory, mustExist: true) { open in
            try await body(open.store, try await reference.find(in: open.store))
        }
    }
}
