internal import ArgumentParser

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure parts of the system.",
        subcommands: [
            BenchAskCommand.self, BenchLMCommand.self, BenchProgramCommand.self, BenchQueueCommand.self, BenchSearchCommand.self,
            BenchSessionsCommand.self, BenchSessionClientCommand.self,
        ])
}
