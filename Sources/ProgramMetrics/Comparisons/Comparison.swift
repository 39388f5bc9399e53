internal import JSON
internal import Programs

/// The comparisons of an answer with one reference that metrics are made of.
enum Comparison {
    /// Gives 0…1.
    typealias Function = @Sendable (_ answer: JSON, _ reference: JSON) throws(MetricError) -> Double

    /// 1 when both are the same after normalisation; for numbers, lists and objects, when they are equal.
    @Sendable static func exactMatch(_ answer: JSON, _ reference: JSON) -> Double {
        if answer.doubleValue != nil, reference.doubleValue != nil { return areSameNumber(answer, reference) ? 1 : 0 }
        guard let answer = text(answer), let reference = text(reference) else { return answer == reference ? 1 : 0 }
        return normalizedText(answer) == normalizedText(reference) ? 1 : 0
    }

    /// The harmonic mean of precision and recall over the multisets of normalised words.
    @Sendable static func f1(_ answer: JSON, _ reference: JSON) -> Double {
        guard let answer = text(answer), let reference = text(reference) else { return answer == reference ? 1 : 0 }
        return f1(words: normalizedTokens(answer), normalizedTokens(reference))
    }

    /// As ``f1(_:_:)``; yes, no and noanswer are right as a whole or not at all.
    @Sendable static func hotPotF1(_ answer: JSON, _ reference: JSON) -> Double {
        guard let answer = text(answer), let reference = text(reference) else { return answer == reference ? 1 : 0 }
        let (answerWords, referenceWords) = (normalizedTokens(answer), normalizedTokens(reference))
        let isVerdict = { (words: [String]) in words.count == 1 && ["yes", "no", "noanswer"].contains(words[0]) }
        if answerWords != referenceWords, isVerdict(answerWords) || isVerdict(referenceWords) { return 0 }
        return f1(words: answerWords, referenceWords)
    }

    private static func f1(words: [String], _ reference: [String]) -> Double {
        var left = Dictionary(reference.map { ($0, 1) }, uniquingKeysWith: +)
        var common = 0
        for word in words where left[word, default: 0] > 0 {
            left[word, default: 0] -= 1
            common += 1
        }
        guard common > 0 else { return 0 }
        return harmonicMean(Double(common) / Double(words.count), Double(common) / Double(reference.count))
    }

    /// 1 when the reference's normalised words stand in the answer in a row. A reference without words matches nothing.
    @Sendable static func contains(_ answer: JSON, _ reference: JSON) -> Double {
        guard let answer = text(answer), let reference = text(reference) else { return 0 }
        return holds(normalizedTokens(answer), normalizedTokens(reference)) ? 1 : 0
    }

    /// 1 when both are the same JSON value; `3` and `3.0` are.
    @Sendable static func equal(_ answer: JSON, _ reference: JSON) -> Double {
        JSONAgreement(answer, reference).isComplete ? 1 : 0
    }

    /// 1 when both hold numbers no further apart than `tolerance`.
    static func numeric(tolerance: Double, reading: NumberReading) -> Function {
        { answer, reference throws(MetricError) in
            guard let number = reading.number(in: reference) else {
                throw MetricError("the label \(reference.serialized()) holds no number")
            }
            return reading.number(in: answer).map { abs($0 - number) <= tolerance ? 1 : 0 } ?? 0
        }
    }

    /// A scalar as Python prints it; nil for null, lists and objects.
    static func text(_ value: JSON) -> String? {
        switch value {
        case .null, .array, .object: nil
        case .string(let text): text
        case .bool(let flag): flag ? "True" : "False"
        case .int, .double: value.serialized()
        }
    }

    /// Whether `wanted` stands in `tokens` in a row; nothing holds no tokens.
    static func holds(_ tokens: [String], _ wanted: [String]) -> Bool {
        guard !wanted.isEmpty, wanted.count <= tokens.count else { return false }
        return (0...(tokens.count - wanted.count)).contains { tokens[$0...].starts(with: wanted) }
    }

    static func harmonicMean(_ precision: Double, _ recall: Double) -> Double {
        precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
    }

    /// The best score against any of several references. A list holds several, unless the answer itself is a list.
    static func best(_ answer: JSON, _ reference: JSON, by compare: Function) throws(MetricError) -> Double {
        guard case .array(let references) = reference else { return try compare(answer, reference) }
        if case .array = answer, !references.contains(where: { $0.arrayValue != nil }) { return answer == reference ? 1 : 0 }
        guard !references.isEmpty else { throw MetricError("the label is an empty list") }
        var best = 0.0
        for reference in references { best = max(best, try compare(answer, reference)) }
        return best
    }
}
