internal import ArgumentParser
internal import Evaluation
internal import JSON
internal import Programs
internal import Retrieval
internal import Studies

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Make one prediction; needs no database, unless the program searches a corpus there.")

    @OptionGroup var file: StudyFileOptions
    @OptionGroup var shared: SharedOptions

    @Option(help: "A compiled program (default: the program as the study file has it).")
    var state: String?

    @Option(help: "The program's inputs, a JSON object.")
    var input: String

    func run() async throws {
        let resolved = try file.resolve(.run, usesCache: !shared.noCache)
        let study = resolved.study
        guard study.services.needsDatabase else {
            return try await predict(study, SharedServices(corpora: LoadedCorpora(resolved.corpora)))
        }
        try await OpenStore.with(shared, dataDirectory: file.defaultDataDirectory, mustExist: true) { open in
            try await predict(try await resolved.settled(in: open.store).study, SharedServices(store: open.store))
        }
    }

    private func predict(_ study: Study, _ services: SharedServices) async throws {
        try study.checkKeys()
        let inputs = try readInputs(study.program.inputNames)
        let runtime = try StudyRuntime.make(study, with: services)
        let context = RunContext(
            state: try loadState(state, of: study), model: runtime.model(.task), services: runtime.services)
        let result = await runtime.program.run(inputs, in: context)
        switch result.outcome {
        case .success(let prediction):
            Console.result(JSON.object(prediction.fields).serialized(shared.json ? .python : .pretty))
        case .failure(let failure):
            let status: ExitStatus = failure.fault == .program ? .studyFailed : .surroundings
            let what = failure.kind == "assertion" ? "an assertion failed: " : ""
            let answers = failure.rawTexts.map { "\nThe model answered: \($0)" }
            throw CommandFailure(status, what + failure.message + answers.joined())
        }
    }

    private func readInputs(_ names: [String]) throws -> JSONObject {
        let value: JSON
        do { value = try JSON(parsing: input) } catch { throw CommandFailure(.badInput, "--input is not JSON: \(error)") }
        guard let inputs = value.objectValue else {
            throw CommandFailure(
                .badInput, "--input must be an object such as {\"\(names.first ?? "question")\": \"…\"}, not \(value.kindName)")
        }
        for key in inputs.keys where !names.contains(key) {
            let hint =
                nearestName(to: key, in: names).map { "; did you mean \($0)?" }
                ?? "; its inputs: \(names.joined(separator: ", "))"
            throw CommandFailure(.badInput, "--input: the program has no input \(key)\(hint)")
        }
        let missing = names.filter { inputs[$0] == nil }
        guard missing.isEmpty else { throw CommandFailure(.badInput, "--input lacks \(missing.joined(separator: ", "))") }
        return inputs
    }
}
