internal import JSON

/// What a state has beside instructions and demos, as a state file keeps it under our own key: DSPy has no such things.
struct OwnStateData {
    private static let parametersKey = "parameters"
    private static let nearestKey = "nearest_demos"
    private static let ensembleKey = "ensemble"
    private static let membersKey = "members"

    let members: JSONObject

    /// nil of a state that has nothing of the sort.
    init?(_ state: ProgramState) {
        var members = JSONObject()
        if !state.parameters.isEmpty { members[Self.parametersKey] = .object(state.parameters) }
        members[Self.nearestKey] = state.nearestDemos?.json
        if let ensemble = state.ensemble {
            members[Self.ensembleKey] = [
                "reduce_fn": "majority", "field": ensemble.field.map(JSON.string) ?? .null,
                Self.membersKey: .array(state.members.map { .object(OwnStateData($0)?.members ?? [:]) }),
            ]
        }
        if members.isEmpty { return nil }
        self.members = members
    }
}

extension OwnStateData {
    /// Reads what is under our own key, collecting what does not fit the program.
    struct Reader {
        private let data: JSON
        private let parameters: [ParameterDescription]
        private let path: JSONPath

        init(_ data: JSON?, parameters: [ParameterDescription], path: JSONPath) {
            self.data = data ?? [:]
            self.parameters = parameters
            self.path = path
        }

        /// A state without predictors, as yet. A file that names none of the program's parameters leaves them as they are: DSPy
        /// writes none.
        /// - Parameter member: its number in an ensemble.
        func state(member: Int?, _ findings: inout [Diagnostic]) -> ProgramState {
            var (data, path) = (data, path)
            if let member {
                path = path.appending(ensembleKey).appending(membersKey).appending(member)
                data = members.indices.contains(member) ? members[member] : [:]
            }
            var state = ProgramState([], parameters: JSONObject(parameters.map { ($0.path, $0.initial) }))
            findings += take(data[parametersKey], at: path.appending(parametersKey), into: &state)
            if let value = data[nearestKey] {
                do throws(Diagnostic) {
                    state.nearestDemos = try NearestDemos(json: value, path: path.appending(nearestKey))
                } catch {
                    findings.append(error)
                }
            }
            return state
        }

        func ensemble(of partners: [ProgramState], _ findings: inout [Diagnostic]) -> EnsembleState {
            let section = data[ensembleKey] ?? [:]
            do throws(Diagnostic) { try EnsembleState.check(reduceIn: section, path: path.appending(ensembleKey)) } catch {
                findings.append(error)
            }
            return EnsembleState(partners: partners, field: section["field"]?.stringValue)
        }

        private var members: [JSON] { data[ensembleKey]?[membersKey]?.arrayValue ?? [] }

        private func take(_ values: JSON?, at path: JSONPath, into state: inout ProgramState) -> [Diagnostic] {
            var findings: [Diagnostic] = []
            for (name, value) in values?.objectValue ?? [:] {
                guard let parameter = parameters.first(where: { $0.path == name }) else {
                    findings.append(Diagnostic(path.appending(name), "the program has no parameter '\(name)'"))
                    continue
                }
                if parameter.choices.contains(value) {
                    state.parameters[name] = value
                } else {
                    let choices = parameter.choices.map { $0.serialized() }.joined(separator: ", ")
                    findings.append(
                        Diagnostic(path.appending(name), "\(value.serialized()) is none of the program's choices: \(choices)"))
                }
            }
            return findings
        }
    }
}
