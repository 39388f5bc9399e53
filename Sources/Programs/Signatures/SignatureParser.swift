internal import JSON

/// Parses DSPy's shorthand: `name[: type][= default], … -> …`.
struct SignatureParser {
    private let text: String
    private var tokens: [SignatureToken] = []
    private var position = 0
    private var depth = 0
    private static let depthLimit = 32

    init(_ text: String) { self.text = text }

    private var next: SignatureToken? { position < tokens.count ? tokens[position] : nil }

    private mutating func accept(_ mark: String) -> Bool {
        guard next == .mark(mark) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ mark: String, after what: String) throws(SignatureError) {
        guard accept(mark) else { throw unexpected("expected '\(mark)' after \(what)") }
    }

    private func unexpected(_ wanted: String) -> SignatureError {
        SignatureError("\(wanted), found \(next?.description ?? "the end") in '\(text)'")
    }

    mutating func signature() throws(SignatureError) -> (inputs: [Field], outputs: [Field]) {
        var lexer = SignatureLexer(text)
        tokens = try lexer.tokens()
        let arrows = tokens.count { $0 == .mark("->") }
        guard arrows == 1 else {
            throw SignatureError("a signature needs exactly one '->' between inputs and outputs: '\(text)' has \(arrows)")
        }
        let inputs = try side()
        try expect("->", after: "the inputs")
        let outputs = try side()
        guard next == nil else { throw unexpected("expected ','") }
        return (inputs, outputs)
    }

    mutating func type() throws(SignatureError) -> FieldType {
        var lexer = SignatureLexer(text)
        tokens = try lexer.tokens()
        let type = try union()
        guard next == nil else { throw unexpected("expected the type to end") }
        return type
    }

    private mutating func side() throws(SignatureError) -> [Field] {
        var fields: [Field] = []
        var names: Set<String> = []
        while let token = next, token != .mark("->") {
            let field = try field()
            guard names.insert(field.name).inserted else {
                throw SignatureError("field '\(field.name)' appears twice in '\(text)'")
            }
            fields.append(field)
            if !accept(",") { break }
        }
        return fields
    }

    private mutating func field() throws(SignatureError) -> Field {
        guard case .name(let name) = next else { throw unexpected("expected a field name") }
        try Self.check(fieldName: name)
        position += 1
        let type = accept(":") ? try union() : .string
        let value: JSON? = accept("=") ? try constant() : Optional.none
        return Field(name: name, type: type, defaultValue: value)
    }

    private static let keywords: Set<String> = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
        "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or",
        "pass", "raise", "return", "try", "while", "with", "yield",
    ]

    /// A field must be a Python parameter, or the compiled program could not be loaded in DSPy.
    static func check(fieldName name: String) throws(SignatureError) {
        guard !keywords.contains(name) else {
            throw SignatureError("'\(name)' is a word of Python and cannot name a field; try '\(name)_'")
        }
        guard !name.hasPrefix("_") else { throw SignatureError("field '\(name)' must not start with an underscore") }
    }

    private mutating func union() throws(SignatureError) -> FieldType {
        guard depth < Self.depthLimit else { throw SignatureError("a type is nested more than \(Self.depthLimit) deep") }
        depth += 1
        defer { depth -= 1 }
        var members = [try single()]
        while accept("|") { members.append(try single()) }
        return .makeUnion(members)
    }

    private mutating func single() throws(SignatureError) -> FieldType {
        if accept("(") {
            let type = try union()
            try expect(")", after: "the type")
            return type
        }
        guard case .name(var name) = next else { throw unexpected("expected a type") }
        position += 1
        while next == .mark("."), name == "typing" || name == "t" {
            position += 1
            guard case .name(let member) = next else { throw unexpected("expected a type after 'typing.'") }
            position += 1
            name = member
        }
        guard next == .mark("[") else { return try FieldType.bare(name) }
        position += 1
        if name == "Literal" {
            var seen: Set<JSON> = []
            return .literal(try literals().filter { seen.insert($0).inserted })
        }
        let arguments = try arguments()
        return try FieldType.generic(name, arguments.types, isVariadic: arguments.isVariadic)
    }

    /// The name of `...`, as DSPy prints it.
    private mutating func acceptEllipsis() -> Bool {
        guard next == .name("Ellipsis") else { return false }
        position += 1
        return true
    }

    private mutating func arguments() throws(SignatureError) -> (types: [FieldType], isVariadic: Bool) {
        var types: [FieldType] = []
        var isVariadic = false
        while next != .mark("]") {
            if accept("...") || acceptEllipsis() { isVariadic = true } else { types.append(try union()) }
            if !accept(",") { break }
        }
        try expect("]", after: "the type's arguments")
        return (types, isVariadic)
    }

    private mutating func literals() throws(SignatureError) -> [JSON] {
        guard depth < Self.depthLimit else { throw SignatureError("a Literal is nested more than \(Self.depthLimit) deep") }
        depth += 1
        defer { depth -= 1 }
        var values: [JSON] = []
        while next != .mark("]") {
            if next == .name("Literal"), position + 1 < tokens.count, tokens[position + 1] == .mark("[") {
                position += 2
                values += try literals()
            } else {
                values.append(try constant())
            }
            if !accept(",") { break }
        }
        try expect("]", after: "the values of a Literal")
        guard !values.isEmpty else { throw SignatureError("a Literal needs at least one value") }
        return values
    }

    private mutating func constant() throws(SignatureError) -> JSON {
        let isNegative = accept("-")
        defer { position += 1 }
        switch next {
        case .int(let value): return .int(isNegative ? -value : value)
        case .float(let value): return .double(isNegative ? -value : value)
        case .string(let value) where !isNegative: return .string(value)
        case .name("True") where !isNegative: return true
        case .name("False") where !isNegative: return false
        case .name("None") where !isNegative: return .null
        case .name(let name):
            throw SignatureError("write '\(name)' in quotes: a value is a string, a number, True, False or None")
        default: throw unexpected("expected a value")
        }
    }
}
