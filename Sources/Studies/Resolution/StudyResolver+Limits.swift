internal import JSON

extension StudyResolver {
    mutating func resolveLimits() -> StudyLimits {
        guard let value = file.root["budget"], !value.isNull else { return StudyLimits() }
        var section = Section(value, at: JSONPath([.key("budget")]), keys: ["lm_calls", "wall", "usd", "tokens"])
        for key in ["usd", "tokens"] where section[key] != nil {
            section.refuse(key, "a budget in \(key) is not available yet; limit lm_calls or wall")
        }
        let limits = StudyLimits(lmCalls: section.int("lm_calls", atLeast: 1), wall: section.duration("wall"))
        take(section)
        return limits
    }
}
