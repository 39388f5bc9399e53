internal import JSON

extension StudyResolver {
    /// A limit that nobody keeps must not look like one.
    mutating func refuseBudget() {
        guard let value = file.root["budget"], !value.isNull else { return }
        refuse(JSONPath([.key("budget")]), "is not available yet: no cap would be kept; remove it")
    }
}
