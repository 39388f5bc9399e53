package import JSON
package import Programs

/// The program of a study, in the form that travels with it.
package enum StudyProgram: Sendable {
    /// Whole: any process runs it.
    case declared(DeclaredProgram)
    /// Described: planned anywhere, run only where a program of that name and fingerprint is registered.
    case swift(SwiftProgramFacts)

    package var inputNames: [String] {
        switch self {
        case .declared(let program): program.inputNames
        case .swift(let facts): facts.inputNames
        }
    }

    package var outputNames: [String] {
        switch self {
        case .declared(let program): program.outputNames
        case .swift(let facts): facts.outputNames
        }
    }

    package var predictors: [PredictorDescription] {
        switch self {
        case .declared(let program): program.predictors
        case .swift(let facts): facts.predictors
        }
    }

    package var parameters: [ParameterDescription] {
        switch self {
        case .declared(let program): program.parameters
        case .swift(let facts): facts.parameters
        }
    }

    package var sourceText: String {
        switch self {
        case .declared(let program): program.sourceText
        case .swift(let facts): facts.sourceText
        }
    }

    package var fingerprint: String {
        switch self {
        case .declared(let program): program.fingerprint
        case .swift(let facts): facts.fingerprint
        }
    }

    package var initialState: ProgramState {
        switch self {
        case .declared(let program): program.initialState
        case .swift(let facts): facts.initialState
        }
    }

    /// The program ready to run.
    /// - Parameter swiftProgram: the program registered under a name in this executable.
    /// - Throws: a sentence for the operator where the Swift program is missing here, or is another one.
    package func host(swiftProgram: (String) -> (any ProgramHost)?) throws(Diagnostic) -> any ProgramHost {
        switch self {
        case .declared(let program): return program
        case .swift(let facts):
            guard let host = swiftProgram(facts.name) else {
                throw Diagnostic(JSONPath(), "the Swift program '\(facts.name)' is not registered in this executable")
            }
            guard host.fingerprint == facts.fingerprint else {
                let found = "here \(host.fingerprint), in the study \(facts.fingerprint)"
                let message = "the Swift program '\(facts.name)' is not the one of the study (\(found))"
                throw Diagnostic(JSONPath(), "\(message); use the executable that submitted it, or submit anew")
            }
            return host
        }
    }
}

extension StudyProgram {
    package var json: JSON {
        switch self {
        case .declared(let program): ["declared": program.json]
        case .swift(let facts): ["swift": facts.json]
        }
    }

    init(json: JSON, at path: JSONPath) throws(Diagnostic) {
        if let declared = json["declared"] {
            do {
                self = .declared(try DeclaredProgram(json: declared))
            } catch {
                throw Diagnostic(path, "\(error)")
            }
        } else if let swift = json["swift"] {
            self = .swift(try SwiftProgramFacts(json: swift, at: path))
        } else {
            throw Diagnostic(path, "not a stored program")
        }
    }
}
