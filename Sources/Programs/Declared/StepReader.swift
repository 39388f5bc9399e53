internal import JSON

/// Reads one entry of `steps`: `{name: {predict: "a -> b", …}}`.
struct StepReader {
    static let keys = DeclaredStep.Module.allCases.map(\.rawValue) + ["instructions", "fields", "with"]

    let loadEnum: (String) throws -> [JSON]

    /// nil, after a report, when the entry is no step at all.
    func step(_ value: JSON, path: JSONPath, reader: inout SectionReader) -> DeclaredStep? {
        guard let entry = value.objectValue, entry.count == 1, let (name, content) = entry.first(where: { _ in true }) else {
            reader.report(path, "a step is one name with its content: `- topic: {predict: \"utterance -> topic\"}`")
            return nil
        }
        let path = path.appending(name)
        check(name: name, path: path, reader: &reader)
        guard let section = reader.object(content, path: path, what: "step '\(name)'") else { return nil }
        reader.check(keysOf: section, allowed: Self.keys, path: path, what: "step '\(name)'")
        let modules = DeclaredStep.Module.allCases.filter { section[$0.rawValue] != nil }
        guard modules.count == 1, let module = modules.first else {
            let allowed = DeclaredStep.Module.allCases.map(\.rawValue).joined(separator: " or ")
            reader.report(path, modules.isEmpty ? "step '\(name)' needs \(allowed)" : "step '\(name)' has both; keep \(allowed)")
            return nil
        }
        guard let shorthand = reader.string(section, module.rawValue, path: path) else { return nil }
        let instructions = reader.string(section, "instructions", path: path)
        do throws(SignatureError) {
            var signature = try Signature(shorthand, instructions: instructions)
            guard !signature.outputs.isEmpty else { throw SignatureError("step '\(name)' has no outputs") }
            refine(&signature, by: section["fields"], path: path.appending("fields"), reader: &reader)
            if module == .chainOfThought { signature = try signature.withReasoning() }
            let sources = sources(section["with"], of: signature, path: path.appending("with"), reader: &reader)
            return DeclaredStep(name: name, module: module, signature: signature, sources: sources)
        } catch {
            reader.report(path.appending(module.rawValue), error.message)
            return nil
        }
    }

    /// The name is an attribute in Python when the compiled program is loaded there.
    private func check(name: String, path: JSONPath, reader: inout SectionReader) {
        guard name.wholeMatch(of: #/[A-Za-z][A-Za-z0-9_]*/#) != nil else {
            return reader.report(path, "step name '\(name)' is not a name: use letters, digits and underscores")
        }
        do throws(SignatureError) { try SignatureParser.check(fieldName: name) } catch {
            reader.report(path, "'\(name)' is a word of Python and cannot name a step")
        }
    }

    private func refine(_ signature: inout Signature, by value: JSON?, path: JSONPath, reader: inout SectionReader) {
        guard let value, let sections = reader.object(value, path: path, what: "fields") else { return }
        let names = signature.fields.map(\.name)
        let refinement = FieldRefinement(loadEnum: loadEnum)
        for (name, value) in sections {
            let path = path.appending(name)
            guard names.contains(name) else {
                let hint = nearestName(to: name, in: names).map { "; did you mean '\($0)'?" } ?? ";"
                reader.report(path, "the signature has no field '\(name)'\(hint) Fields: \(names.joined(separator: ", "))")
                continue
            }
            guard let section = reader.object(value, path: path, what: "field '\(name)'") else { continue }
            for index in signature.inputs.indices where signature.inputs[index].name == name {
                signature.inputs[index] = refinement.apply(section, to: signature.inputs[index], path: path, reader: &reader)
            }
            for index in signature.outputs.indices where signature.outputs[index].name == name {
                signature.outputs[index] = refinement.apply(section, to: signature.outputs[index], path: path, reader: &reader)
            }
        }
        for name in signature.conflictingTypeNames {
            reader.report(path, "two different object types are called \(name); give one another `name`")
        }
    }

    private func sources(
        _ value: JSON?, of signature: Signature, path: JSONPath, reader: inout SectionReader
    ) -> [String: String] {
        guard let value, let members = reader.object(value, path: path, what: "with") else { return [:] }
        var sources: [String: String] = [:]
        let names = signature.inputs.map(\.name)
        for key in members.keys {
            guard names.contains(key) else {
                let hint = nearestName(to: key, in: names).map { "; did you mean '\($0)'?" } ?? ";"
                reader.report(
                    path.appending(key), "the step has no input '\(key)'\(hint) Inputs: \(names.joined(separator: ", "))")
                continue
            }
            sources[key] = reader.string(members, key, path: path)
        }
        return sources
    }
}

extension Signature {
    /// Names that stand for different object types, which no schema could tell apart.
    fileprivate var conflictingTypeNames: [String] {
        var known: [String: ObjectType] = [:]
        var conflicts: [String] = []
        func visit(_ type: FieldType) {
            if case .object(let object) = type, !object.isOpen {
                if let other = known[object.name], other != object { conflicts.append(object.name) }
                known[object.name] = object
            }
            for part in type.parts { visit(part) }
        }
        fields.forEach { visit($0.type) }
        return conflicts
    }
}
