internal import JSON

/// Reads the members of a JSON object, saying which one is not as expected.
struct MemberReader {
    private let json: JSON

    init(_ json: JSON) { self.json = json }

    func member(_ key: String) throws(Diagnostic) -> JSON {
        guard let value = json[key] else { throw Diagnostic(JSONPath([.key(key)]), "is missing") }
        return value
    }

    private func value<Value>(_ key: String, _ kind: String, _ read: (JSON) -> Value?) throws(Diagnostic) -> Value {
        let member = try member(key)
        guard let value = read(member) else {
            throw Diagnostic(JSONPath([.key(key)]), "expected \(kind), not \(member.kindName)")
        }
        return value
    }

    func string(_ key: String) throws(Diagnostic) -> String { try value(key, "a string", \.stringValue) }
    func int(_ key: String) throws(Diagnostic) -> Int { try value(key, "an integer", \.intValue) }
    func double(_ key: String) throws(Diagnostic) -> Double { try value(key, "a number", \.doubleValue) }
    func array(_ key: String) throws(Diagnostic) -> [JSON] { try value(key, "a list", \.arrayValue) }
    func object(_ key: String) throws(Diagnostic) -> JSONObject { try value(key, "an object", \.objectValue) }

    func ints(_ key: String) throws(Diagnostic) -> [Int] {
        try value(key, "a list of integers") { json in
            let values = json.arrayValue?.compactMap(\.intValue)
            return values?.count == json.arrayValue?.count ? values : nil
        }
    }

    func name<Name: RawRepresentable<String>>(_ key: String) throws(Diagnostic) -> Name {
        try value(key, "a known name") { $0.stringValue.flatMap(Name.init(rawValue:)) }
    }
}
