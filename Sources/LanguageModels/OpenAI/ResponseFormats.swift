internal import JSON
internal import Programs

/// What an endpoint understands of `response_format`, as far as its answers have shown.
struct ResponseFormats: Sendable, Hashable {
    private var takesSchemas: Bool
    private var takesObjects: Bool
    private var refusedSchemas: Set<JSON> = []

    init(_ policy: ResponseFormatPolicy) {
        takesSchemas = policy == .auto || policy == .jsonSchema
        takesObjects = policy != .none
    }

    /// A server that takes schemas and refuses plain objects, as some do, is known by its schemas.
    var support: ResponseFormatSupport { takesSchemas ? .jsonSchema : takesObjects ? .jsonObject : .none }

    /// What to send where `wanted` is asked for: that, or the next lower form that is not known to be refused.
    func form(for wanted: ResponseFormat?) -> ResponseFormat? {
        switch wanted {
        case nil: nil
        case .jsonSchema(_, let schema) where takesSchemas && !refusedSchemas.contains(schema): wanted
        case .jsonSchema, .jsonObject: takesObjects ? .jsonObject : nil
        }
    }

    /// The endpoint did not take `form`. ``form(for:)`` gives something lower for the same request from now on.
    mutating func refused(_ form: ResponseFormat, onlyThisSchema: Bool) {
        switch form {
        case .jsonObject: takesObjects = false
        case .jsonSchema(_, let schema) where onlyThisSchema: refusedSchemas.insert(schema)
        case .jsonSchema: takesSchemas = false
        }
    }
}
