internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Programs
internal import Store
internal import Studies

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a trial's program, the winner's by default.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case dspyJSON = "dspy-json"
        case messages
        case markdown
    }

    @OptionGroup var study: StudyArgument
    @OptionGroup var shared: SharedOptions

    @Option(help: "The trial (default: the winner).")
    var trial: Int?

    @Option(help: "dspy-json loads in DSPy; messages and markdown show the prompts.")
    var format = Format.dspyJSON

    @Option(name: [.customShort("o"), .customLong("output")], help: "The file (default: standard output).")
    var output: String?

    func run() async throws {
        try await study.with(shared) { store, record in
            let outcome = StudyOutcome(store: store, record: record)
            if let output, format == .dspyJSON {
                finish(try await outcome.export(trial: trial, to: output))
                return
            }
            let text = try await text(outcome, record)
            guard let output else {
                Console.result(text.hasSuffix("\n") ? String(text.dropLast()) : text)
                return
            }
            do { try Data(text.utf8).write(to: URL(fileURLWithPath: output), options: .atomic) } catch {
                throw CommandFailure(.surroundings, "cannot write \(output): \(error.localizedDescription)")
            }
            finish(URL(fileURLWithPath: output).standardizedFileURL.path)
        }
    }

    private func text(_ outcome: StudyOutcome, _ record: StudyRecord) async throws -> String {
        let (trial, state) = try await outcome.state(ofTrial: trial)
        switch format {
        case .dspyJSON:
            let program = try Study(json: record.spec).program
            let file = StateFile(predictors: program.predictors, parameters: program.parameters)
            return file.text(state, annotations: outcome.annotations(of: trial))
        case .messages: return try PromptPreview(spec: record.spec).messages(state).json.serialized(.pretty)
        case .markdown:
            let markdown = try PromptPreview(spec: record.spec).messages(state).markdown
            guard shared.json, output == nil else { return markdown }
            let document: JSON = ["markdown": .string(markdown)]
            return document.serialized(.python)
        }
    }

    private func finish(_ path: String) {
        let document: JSON = ["program": .string(path)]
        Console.result(shared.json ? document.serialized(.python) : path)
    }
}
