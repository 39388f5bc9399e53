public import JSON

extension JSONAdapter {
    /// The output fields in a model's answer, in the order of the signature; optional ones are filled in, others dropped.
    /// - Throws: an ``UnparseableAnswer`` that says which field is missing, has a wrong value or breaks a limit.
    public func parse(_ text: String, for signature: Signature) throws(UnparseableAnswer) -> JSONObject {
        guard !text.pythonStripped.isEmpty else { throw UnparseableAnswer(reason: "the answer is empty", text: text) }
        guard let object = Self.object(in: text) else {
            throw UnparseableAnswer(reason: "the answer has no JSON object", text: text)
        }
        return try signature.outputFields(of: text, label: { "'\($0.name)'" }) { field throws(CastError) in
            guard let value = object[field.name] else { return nil }
            return try field.type.cast(value)
        }
    }

    /// The whole text as an object, or a JSON text that holds one; else the first part in balanced braces.
    private static func object(in text: String) -> JSONObject? {
        switch TolerantJSON.value(in: text) {
        case .object(let object): return object
        case .string(let inner): if let object = TolerantJSON.value(in: inner)?.objectValue { return object }
        default: break
        }
        return balancedBraces(in: text).flatMap { TolerantJSON.value(in: $0)?.objectValue }
    }

    /// From the first brace that is closed to the one that closes it, whatever stands between them.
    private static func balancedBraces(in text: String) -> String? {
        let bytes = text.utf8
        var open: [String.Index] = []
        var found: Range<String.Index>?
        for position in bytes.indices {
            switch bytes[position] {
            case UInt8(ascii: "{"): open.append(position)
            case UInt8(ascii: "}"):
                guard let start = open.popLast() else { continue }
                if found.map({ start < $0.lowerBound }) ?? true { found = start..<bytes.index(after: position) }
                if open.isEmpty { return found.map { String(text[$0]) } }
            default: break
            }
        }
        return found.map { String(text[$0]) }
    }
}
