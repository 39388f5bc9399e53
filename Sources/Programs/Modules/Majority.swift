public import JSON

/// The first of the answers that agree with the most others.
/// - Parameters:
///   - field: in which they are compared; nil: their last one.
///   - normalize: whether ``normalizedText(_:)`` is compared, and answers without a word in the field have no vote.
/// - Returns: nil only without any completion.
public func majority(_ completions: [JSONObject], field: String? = nil, normalize: Bool = true) -> JSONObject? {
    guard let first = completions.first, let field = field ?? first.keys.last else { return completions.first }
    let votes = completions.map { vote($0[field], normalize: normalize) }
    var counts: [JSON: Int] = [:]
    for case let vote? in votes { counts[vote, default: 0] += 1 }
    let most = counts.values.max()
    let winner = votes.firstIndex { vote in vote.map { counts[$0] == most } ?? false }
    return winner.map { completions[$0] } ?? first
}

private func vote(_ value: JSON?, normalize: Bool) -> JSON? {
    guard let value, !value.isNull else { return nil }
    guard normalize else { return value }
    let text = normalizedText(pythonText(of: value))
    return text.isEmpty ? nil : .string(text)
}
