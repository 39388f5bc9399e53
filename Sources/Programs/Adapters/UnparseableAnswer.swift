internal import JSON

/// A model's answer that does not have the form that was asked for.
public struct UnparseableAnswer: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with it.
    public var reason: String
    /// All that the model wrote.
    public var text: String

    public var description: String { reason }
}

extension Signature {
    /// The output fields, in order, from what an answer says of each; optional ones are filled in.
    /// - Parameters:
    ///   - value: the field's value, nil where the answer lacks it.
    ///   - label: how a missing field is named in the error.
    func outputFields(
        of text: String, label: (Field) -> String, value: (Field) throws(CastError) -> JSON?
    ) throws(UnparseableAnswer) -> JSONObject {
        var fields = JSONObject()
        var missing: [String] = []
        for field in outputs {
            do throws(CastError) {
                if let value = try value(field) {
                    try field.limits.check(value)
                    fields[field.name] = value
                } else if let fallback = field.fallback {
                    fields[field.name] = fallback
                } else {
                    missing.append(label(field))
                }
            } catch {
                throw UnparseableAnswer(reason: "field '\(field.name)': \(error)", text: text)
            }
        }
        guard missing.isEmpty else {
            throw UnparseableAnswer(reason: "the answer lacks \(missing.joined(separator: ", "))", text: text)
        }
        return fields
    }
}
