internal import ArgumentParser
internal import JSON
internal import Store
internal import Studies

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Give out no more work of a study; what runs ends and is kept.")

    @OptionGroup var study: StudyArgument
    @OptionGroup var shared: SharedOptions

    func run() async throws { try await steer(study, "pause", shared) }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Let a paused study go on.")

    @OptionGroup var study: StudyArgument
    @OptionGroup var shared: SharedOptions

    func run() async throws { try await steer(study, "resume", shared) }
}

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a study for good; its history stays.")

    @OptionGroup var study: StudyArgument
    @OptionGroup var shared: SharedOptions

    func run() async throws { try await steer(study, "cancel", shared) }
}

struct PriorityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "priority",
        abstract: "Give a study another share of the team's workers.",
        discussion: """
            Running studies share the workers in proportion to their priorities, 1 to 100; a study that says nothing has \
            \(Study.defaultPriority). It counts from the next lease on.
            """)

    @OptionGroup var study: StudyArgument
    @Argument(help: "The new priority, 1 to 100.")
    var priority: Int
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard Study.priorities.contains(priority) else { throw ValidationError("the priority must be 1 to 100, not \(priority)") }
    }

    func run() async throws {
        try await study.with(shared) { store, record in
            guard !record.isEnded else {
                throw CommandFailure(.badInput, "the study '\(record.name)' (\(record.id)) has ended: it is \(record.state)")
            }
            var spec = record.spec.objectValue ?? [:]
            spec[Study.priorityKey] = .int(priority)
            try await store.update(study: record.number, spec: .object(spec))
            if shared.json {
                let document: JSON = [
                    "study": ["id": .string(record.id), "name": .string(record.name), "priority": .int(priority)]
                ]
                Console.result(document.serialized(.python))
            } else {
                Console.result("\(record.name) (\(record.id)) has priority \(priority)")
            }
        }
    }
}

private func steer(_ study: StudyArgument, _ action: String, _ shared: SharedOptions) async throws {
    try await study.with(shared) { store, record in
        guard !record.isEnded else {
            throw CommandFailure(.badInput, "the study '\(record.name)' (\(record.id)) has ended: it is \(record.state)")
        }
        let message = action == "cancel" ? "cancelled by a user" : nil
        let state = try await store.steer(study: record.number, action, message: message) ?? record.state
        if shared.json {
            let document: JSON = ["study": ["id": .string(record.id), "name": .string(record.name), "state": .string(state)]]
            Console.result(document.serialized(.python))
        } else {
            Console.result("\(record.name) (\(record.id)) is \(state)")
        }
    }
}
