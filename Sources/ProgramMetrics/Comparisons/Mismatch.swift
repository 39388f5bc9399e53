internal import JSON

/// What a wrong answer is told: `expected 'card_arrival', got 'card_linking'`. Long values are cut.
func mismatch(_ answer: JSON, _ reference: JSON) -> String {
    "expected \(expectation(reference, beside: answer)), got \(quoted(answer))"
}

/// Several right answers are named as such, unless the answer itself is a list.
private func expectation(_ reference: JSON, beside answer: JSON) -> String {
    guard case .array(let references) = reference, answer.arrayValue == nil else { return quoted(reference) }
    let shown = references.prefix(10).map(quoted).joined(separator: ", ")
    return references.count == 1 ? shown : "one of \(shown)\(references.count > 10 ? ", …" : "")"
}

private let shownCharacters = 500

private func quoted(_ value: JSON) -> String {
    let text = value.stringValue ?? value.serialized()
    let shown = text.count > shownCharacters ? "\(text.prefix(shownCharacters))…" : text
    return value.stringValue == nil ? shown : "'\(shown)'"
}
