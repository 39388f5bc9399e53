internal import JSON
internal import Synchronization

/// What of a prompt depends on the signature alone.
struct PromptFrame: Sendable {
    var system: String
    var reminder: String
}

/// The frames of the signatures that were asked with lately: a candidate asks with the same ones for every example.
final class PromptFrames: Sendable {
    private static let most = 256

    private let frames = Mutex<[WrittenSignature: PromptFrame]>([:])

    func frame(_ signature: Signature, _ make: () -> PromptFrame) -> PromptFrame {
        let key = WrittenSignature(signature)
        if let known = frames.withLock({ $0[key] }) { return known }
        let frame = make()
        frames.withLock { frames in
            if frames.count >= Self.most { frames = [:] }
            frames[key] = frame
        }
        return frame
    }
}

/// A signature byte by byte. As values, signatures are equal whose prompts differ: texts by their Unicode normalisation, limits by
/// the order in which they were written.
private struct WrittenSignature: Hashable {
    private var bytes: [UInt8] = []

    init(_ signature: Signature) {
        bytes.reserveCapacity(2048)
        add(signature.instructions)
        for fields in [signature.inputs, signature.outputs] {
            add(fields.count)
            for field in fields {
                add(field.name)
                add(field.type)
                add(field.description)
                add(field.limits.text)
            }
        }
    }

    /// UTF-8 has no byte 0xFF: it ends a text, and twice stands for none.
    private mutating func add(_ text: String?) {
        if let text { bytes.append(contentsOf: text.utf8) } else { bytes.append(0xFF) }
        bytes.append(0xFF)
    }

    private mutating func add(_ count: Int) { add(String(count)) }

    private mutating func add(_ value: JSON) {
        if case .string(let text) = value {
            add("s")
            add(text)
        } else {
            add(value.serialized())
        }
    }

    private mutating func add(_ types: [FieldType]?) {
        add(types?.count ?? -1)
        for type in types ?? [] { add(type) }
    }

    private mutating func add(_ type: FieldType) {
        switch type {
        case .string: add("str")
        case .int: add("int")
        case .float: add("float")
        case .bool: add("bool")
        case .any: add("any")
        case .none: add("none")
        case .literal(let values):
            add("literal")
            add(values.count)
            for value in values { add(value) }
        case .list(let element):
            add("list")
            add(element.map { [$0] })
        case .dict(let key, let value):
            add("dict")
            add(key.map { [$0] })
            add(value.map { [$0] })
        case .tuple(let members):
            add("tuple")
            add(members)
        case .variadicTuple(let element):
            add("tuple…")
            add(element)
        case .union(let members):
            add("union")
            add(members)
        case .object(let object): add(object)
        }
    }

    private mutating func add(_ object: ObjectType) {
        add("object")
        add(object.isOpen ? "open" : "closed")
        add(object.name)
        add(object.properties.count)
        for property in object.properties {
            add(property.name)
            add(property.type)
            add(property.description)
            add(property.defaultValue?.serialized())
        }
    }
}
