internal import JSON

/// The comparisons that metrics are made of. Each gives 0…1.
enum Comparison {
    /// 1 when both are the same after normalisation; for numbers, lists and objects, when they are equal.
    static func exactMatch(_ answer: JSON, _ reference: JSON) -> Double {
        if let answer = answer.doubleValue, let reference = reference.doubleValue { return answer == reference ? 1 : 0 }
        guard let answer = text(answer), let reference = text(reference) else { return answer == reference ? 1 : 0 }
        return normalizedText(answer) == normalizedText(reference) ? 1 : 0
    }

    /// The harmonic mean of precision and recall over the multisets of normalised words.
    static func f1(_ answer: JSON, _ reference: JSON) -> Double {
        guard let answer = text(answer), let reference = text(reference) else { return answer == reference ? 1 : 0 }
        let (answerTokens, referenceTokens) = (normalizedTokens(answer), normalizedTokens(reference))
        var left = Dictionary(referenceTokens.map { ($0, 1) }, uniquingKeysWith: +)
        var common = 0
        for token in answerTokens where left[token, default: 0] > 0 {
            left[token, default: 0] -= 1
            common += 1
        }
        guard common > 0 else { return 0 }
        let (precision, recall) = (Double(common) / Double(answerTokens.count), Double(common) / Double(referenceTokens.count))
        return 2 * precision * recall / (precision + recall)
    }

    /// 1 when the reference's normalised words stand in the answer in a row. A reference without words matches nothing.
    static func contains(_ answer: JSON, _ reference: JSON) -> Double {
        guard let answer = text(answer), let reference = text(reference) else { return 0 }
        let (answerTokens, wanted) = (normalizedTokens(answer), normalizedTokens(reference))
        guard !wanted.isEmpty, wanted.count <= answerTokens.count else { return 0 }
        return (0...(answerTokens.count - wanted.count)).contains { answerTokens[$0...].starts(with: wanted) } ? 1 : 0
    }

    /// 1 when both are numbers no further apart than `tolerance`.
    static func numeric(_ answer: JSON, _ reference: JSON, tolerance: Double) throws(MetricError) -> Double {
        guard let reference = number(reference) else { throw MetricError("the label \(reference.serialized()) is not a number") }
        guard let answer = number(answer) else { return 0 }
        return abs(answer - reference) <= tolerance ? 1 : 0
    }

    /// A scalar as Python prints it; nil for null, lists and objects.
    private static func text(_ value: JSON) -> String? {
        switch value {
        case .null, .array, .object: nil
        case .string(let text): text
        case .bool(let flag): flag ? "True" : "False"
        case .int, .double: value.serialized()
        }
    }

    /// A number, also as text with thousands separators, a currency sign or a per cent sign.
    private static func number(_ value: JSON) -> Double? {
        guard let text = value.stringValue else { return value.doubleValue }
        let digits = text.filter { !$0.isWhitespace && !",$€£%".contains($0) }
        return Double(digits).flatMap { $0.isFinite ? $0 : nil }
    }
}
