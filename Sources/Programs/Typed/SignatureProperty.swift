internal import JSON
internal import Synchronization

enum SignatureSide: Sendable {
    case input
    case output
}

/// A wrapped property of a typed signature, as reflection finds it.
protocol SignatureProperty: Sendable {
    var side: SignatureSide { get }
    func field(named name: String) throws(UnusableType) -> Field
    /// The value as JSON; nil where it is not set.
    func json() throws -> JSON?
    /// Sets the value where the property is: only for a signature value that nobody else holds yet.
    func fill(from json: JSON) throws
}

/// Where a property's value is. A reference, because reflection can read a structure's properties but not set them; the
/// wrappers make a new one before they change a shared one, so that a signature behaves as the value that it is.
final class FieldSlot<Value: Codable & Sendable>: Sendable {
    private let content: Mutex<Value?>

    init(_ value: Value?) { content = Mutex(value) }

    var value: Value? { content.withLock { $0 } }

    func set(_ value: Value) { content.withLock { $0 = value } }

    /// The value, or nil for a property that may be nil and is not set.
    var unwrapped: Value {
        if let value { return value }
        if let type = Value.self as? any ExpressibleByNilLiteral.Type, let none = type.init(nilLiteral: ()) as? Value {
            return none
        }
        preconditionFailure("a field of a typed signature was read before it had a value: calls set inputs, answers set outputs")
    }

    func json() throws -> JSON? { try value.map { try JSON(encoding: $0) } }
}
