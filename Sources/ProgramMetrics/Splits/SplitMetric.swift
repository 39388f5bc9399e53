package import JSON
internal import Programs

/// The figure by which the answers to a whole split are judged, where that is not the mean of the examples' scores.
package struct SplitMetric: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        /// The share of right answers: the mean of exact match.
        case accuracy
        case macroF1 = "macro_f1"
    }

    package let kind: Kind
    /// The output that is judged, and the field of the row that it is compared with.
    package let field: String
    package let label: String

    /// 0…1; 0 for no pairs. An answer of nil is that of a program that gave none: a wrong one.
    package func score(_ pairs: [(answer: JSON?, label: JSON)]) -> Double {
        switch kind {
        case .accuracy: accuracy(pairs: pairs)
        case .macroF1: macroF1(pairs: pairs)
        }
    }
}

/// The share of answers that are equal to their label, or to one of several labels, after normalisation.
package func accuracy(pairs: [(answer: JSON?, label: JSON)]) -> Double {
    guard !pairs.isEmpty else { return 0 }
    return Double(pairs.count { isRight($0.answer, $0.label) }) / Double(pairs.count)
}

/// The mean over all classes, of labels and of answers, of the class's F1, as scikit-learn's `f1_score(average="macro")`
/// computes it. Classes are equal when they are after normalisation. Of several labels, the one that was answered counts, else
/// the first.
package func macroF1(pairs: [(answer: JSON?, label: JSON)]) -> Double {
    struct Counts {
        var hits = 0
        var answers = 0
        var labels = 0
    }
    var classes: [JSON: Counts] = [:]
    for (answer, label) in pairs {
        let answered = answer.map(className)
        let labels = (label.arrayValue ?? [label]).map(className)
        let expected = labels.first { $0 == answered } ?? labels.first
        if let expected { classes[expected, default: Counts()].labels += 1 }
        if let answered {
            classes[answered, default: Counts()].answers += 1
            if answered == expected { classes[answered, default: Counts()].hits += 1 }
        }
    }
    guard !classes.isEmpty else { return 0 }
    // Summed in the order of counts: a dictionary's own order would change the last digits from run to run.
    let scores = classes.values.map { 2 * Double($0.hits) / Double($0.answers + $0.labels) }
    return scores.sorted().reduce(0, +) / Double(classes.count)
}

private func isRight(_ answer: JSON?, _ label: JSON) -> Bool {
    guard let answer else { return false }
    return (label.arrayValue ?? [label]).contains { Comparison.exactMatch(answer, $0) == 1 } || answer == label
}

private func className(_ value: JSON) -> JSON {
    if let number = value.doubleValue { return .string(value.intValue.map(String.init) ?? JSON.double(number).serialized()) }
    return Comparison.text(value).map { .string(normalizedText($0)) } ?? value
}
