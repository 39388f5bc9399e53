internal import ArgumentParser
internal import Foundation
public import ProgramMetrics

/// The command line, for the stock executable and for users' own.
///
/// An executable with programs and metrics of its own registers them and gets every command:
/// ```swift
/// @main struct Tool {
///     static func main() async {
///         await Nightshift.main(programs: [.init("banking", BankingIntent.self)])
///     }
/// }
/// ```
public enum Nightshift {
    /// Runs the command that the arguments name and ends the process with the command's exit code.
    ///
    /// - Parameters:
    ///   - programs: what a study file may name by `program: {swift: NAME}`.
    ///   - metrics: what it may name by `metric: {kind: swift, name: NAME}`.
    public static func main(programs: [RegisteredProgram] = [], metrics: [String: any Metric] = [:]) async -> Never {
        Registry.register(programs, metrics: metrics)
        // Until a command listens for it: nothing is lost by an interrupt, and scripts see the same code at any moment.
        signal(SIGINT) { _ in _exit(ExitStatus.interrupted.rawValue) }
        allowManyConnections()
        do {
            if let problem = RootCommand.unknownCommand(in: CommandLine.arguments.dropFirst()) {
                throw CommandFailure(.badInput, problem)
            }
            var command = try RootCommand.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            exit(ExitStatus.done.rawValue)
        } catch let failure as CommandFailure {
            Console.error(failure.message)
            exit(failure.status.rawValue)
        } catch {
            // Help and version are no errors; what the parser does not understand is bad input.
            let code = RootCommand.exitCode(for: error)
            let text = RootCommand.fullMessage(for: error)
            if code == .success { print(text) } else { Console.error(text) }
            exit(code == .success ? ExitStatus.done.rawValue : ExitStatus.badInput.rawValue)
        }
    }
}

struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nightshift",
        abstract: "Tunes language-model programs overnight, on many machines, and survives what happens in between.",
        subcommands: [
            CompileCommand.self, SubmitCommand.self, CoordinatorCommand.self, WorkerCommand.self, StudiesCommand.self,
            StatusCommand.self, WatchCommand.self, EventsCommand.self, TrialsCommand.self, TrialCommand.self, DiffCommand.self,
            PauseCommand.self, ResumeCommand.self, CancelCommand.self, PriorityCommand.self, BudgetCommand.self, ExportCommand.self,
            EvaluateCommand.self, RunCommand.self, GatewayCommand.self, CorpusCommand.self, CacheCommand.self, DatabaseCommand.self,
            BenchCommand.self,
        ])

    private static let plannedCommands = ["serve", "init", "doctor"]

    /// What is wrong with a first word that is no command: the parser would only speak of unexpected arguments.
    static func unknownCommand(in arguments: ArraySlice<String>) -> String? {
        let known = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard let word = arguments.first, !word.hasPrefix("-"), !known.contains(word) else { return nil }
        if plannedCommands.contains(word) {
            return "the command '\(word)' does not exist yet; 'nightshift --help' lists those that do"
        }
        let hint = nearestName(to: word, in: known).map { "did you mean '\($0)'?" } ?? "'nightshift --help' lists them"
        return "there is no command '\(word)'; \(hint)"
    }
}
