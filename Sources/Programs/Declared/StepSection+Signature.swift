internal import JSON

/// A signature, and which value of the program each input is.
struct WiredSignature: Sendable {
    var signature: Signature
    /// By input field, where it is not the value of the same name.
    var renamed: [String: String]

    var inputs: [(field: String, source: String)] { signature.inputs.map { ($0.name, renamed[$0.name] ?? $0.name) } }

    var json: JSONObject {
        [
            "signature": signature.json,
            "with": .object(JSONObject(renamed.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
        ]
    }

    /// As pseudo-code calls it.
    var arguments: [String] { inputs.map { "\($0.field)=\($0.source)" } }

    func provide(from scope: inout NameScope, to step: String, path: JSONPath, reader: inout SectionReader) {
        for field in signature.inputs {
            let source = renamed[field.name]
            let use = NameUse(source: source ?? field.name, isOptional: field.isOptional && source == nil)
            let place = source == nil ? path : path.appending("with").appending(field.name)
            scope.provide(use, to: step, path: place, reader: &reader)
        }
    }
}

extension StepSection {
    static let signatureOptions = ["instructions", "fields", "with"]

    /// The signature under the step's key, with what `instructions`, `fields` and `with` say.
    mutating func signature() -> WiredSignature? {
        guard !surroundings.isStored else { return storedSignature() }
        guard let shorthand = string(key) else { return nil }
        do throws(SignatureError) {
            var signature = try Signature(shorthand, instructions: string("instructions"))
            guard !signature.outputs.isEmpty else { throw SignatureError("step '\(name)' has no outputs") }
            refine(&signature)
            return WiredSignature(signature: signature, renamed: sources(of: signature.inputs.map(\.name)))
        } catch {
            report(key, error.message)
            return nil
        }
    }

    private mutating func storedSignature() -> WiredSignature? {
        do throws(Diagnostic) {
            let signature = try Signature(json: members["signature"] ?? .null)
            return WiredSignature(signature: signature, renamed: sources(of: signature.inputs.map(\.name)))
        } catch {
            reader.report(JSONPath(path.appending("signature").steps + error.path.steps), error.message)
            return nil
        }
    }

    private mutating func refine(_ signature: inout Signature) {
        let path = path.appending("fields")
        guard let value = members["fields"], let sections = reader.object(value, path: path, what: "fields") else { return }
        let names = signature.fields.map(\.name)
        let refinement = FieldRefinement(loadEnum: surroundings.loadEnum)
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

    /// `with`: the value that each of `fields` is, where it is not the value of the same name.
    mutating func sources(of fields: [String]) -> [String: String] {
        let path = path.appending("with")
        guard let value = members["with"], let renamed = reader.object(value, path: path, what: "with") else { return [:] }
        var sources: [String: String] = [:]
        for key in renamed.keys {
            guard fields.contains(key) else {
                let hint = nearestName(to: key, in: fields).map { "; did you mean '\($0)'?" } ?? ";"
                reader.report(
                    path.appending(key), "the step has no input '\(key)'\(hint) Inputs: \(fields.joined(separator: ", "))")
                continue
            }
            sources[key] = reader.string(renamed, key, path: path)
        }
        return sources
    }

    /// `demos`: worked examples of `signature`, each with some of its fields.
    mutating func demos(of signature: Signature) -> [JSONObject] {
        guard let value = members["demos"] else { return [] }
        let path = path.appending("demos")
        guard let list = value.arrayValue else {
            reader.report(path, "demos is a list of worked examples, not \(value.kindName)")
            return []
        }
        return list.enumerated().compactMap { index, entry in
            demo(entry, of: signature, path: path.appending(index))
        }
    }

    private mutating func demo(_ entry: JSON, of signature: Signature, path: JSONPath) -> JSONObject? {
        guard let members = reader.object(entry, path: path, what: "a demo") else { return nil }
        reader.check(keysOf: members, allowed: signature.fields.map(\.name), path: path, what: "a demo")
        var demo = JSONObject()
        for field in signature.fields {
            guard let value = members[field.name] else { continue }
            do throws(CastError) { demo[field.name] = try field.type.validated(value) } catch {
                reader.report(path.appending(field.name), error.description)
            }
        }
        return demo
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
        for field in fields { visit(field.type) }
        return conflicts
    }
}
