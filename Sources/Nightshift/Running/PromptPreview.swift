internal import JSON
internal import Programs
internal import Studies

/// The prompts that a state of a program makes, with placeholders for the inputs of a call.
struct PromptPreview {
    private let predictors: [PredictorDescription]

    init(spec: JSON) throws { predictors = try Study(json: spec).program.predictors }

    struct Messages {
        var byPredictor: [(path: String, messages: [ChatMessage])]

        /// `{path: [{"role", "content"}]}`.
        var json: JSON {
            .object(
                JSONObject(
                    byPredictor.map { path, messages in
                        (path, .array(messages.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] }))
                    }))
        }

        var lines: [(role: String, text: String)] {
            byPredictor.flatMap { path, messages in messages.map { ("\(path) \($0.role.rawValue)", $0.content) } }
        }

        /// One document: a heading per predictor, one per message.
        var markdown: String {
            byPredictor.map { path, messages in
                (["# \(path)"] + messages.map { "## \($0.role.rawValue)\n\n\($0.content)" }).joined(separator: "\n\n")
            }.joined(separator: "\n\n") + "\n"
        }
    }

    /// Of every member of an ensemble; where demos are chosen for each input, with a sample of them.
    func messages(_ state: ProgramState) throws -> Messages {
        Messages(
            byPredictor: try state.members.enumerated().flatMap { number, member in
                try predictors.map { predictor in
                    let inputs = JSONObject(predictor.signature.inputs.map { ($0.name, .string("{\($0.name)}")) })
                    let prefix = state.ensemble == nil ? "" : "programs[\(number)]."
                    return (prefix + predictor.path, try predictor.messages(member[predictor.path], inputs: inputs))
                }
            })
    }
}
