internal import ArgumentParser
internal import JSON
internal import Store
internal import Studies

struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Validate and store a study; coordinators and workers of that database run it.")

    @OptionGroup var file: StudyFileOptions
    @OptionGroup var shared: SharedOptions

    @Flag(help: "Store a new study instead of resuming.")
    var fresh = false

    func run() async throws {
        var resolved = try file.resolve(.compile, usesCache: !shared.noCache)
        let cost = try StudyCost()
        resolved.study = try file.named { try cost.priced(resolved.study) }
        let estimate = resolved.study.budget == nil ? nil : try await StudyEstimate(resolved, slots: 1, hasBounds: false)
        for note in resolved.notes { shared.say("note: \(note)") }
        try await OpenStore.with(shared, dataDirectory: file.defaultDataDirectory) { open in
            let record = try await Submission(resolved.settled(in: open.store)).submit(
                to: open.store, isFresh: fresh, check: { try file.named { try estimate?.check() } }
            ).record
            let document: JSON = [
                "study": ["id": .string(record.id), "name": .string(record.name), "state": .string(record.state)]
            ]
            Console.result(shared.json ? document.serialized(.python) : record.id)
        }
    }
}
