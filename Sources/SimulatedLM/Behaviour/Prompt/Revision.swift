/// What a retry adds to a prompt: the values that were refused, and what was said about them.
struct Revision: Sendable {
    /// Refused values by output field.
    var past: [String: String] = [:]
    var advice: String

    private static let pastMark = "past_"

    /// The task's own inputs, and the retry's. `feedback` alone may be an input of the task; beside a past value it is advice.
    static func split(_ sections: Sections, outputs: [FieldDeclaration]) -> (inputs: Sections, revision: Revision?) {
        func refused(_ name: String) -> Bool {
            name.hasPrefix(pastMark) && outputs.contains { $0.name == name.dropFirst(pastMark.count) }
        }
        let hasPast = sections.names.contains(where: refused)
        guard hasPast || sections.names.contains("hint_") else { return (sections, nil) }
        var inputs = Sections()
        var revision = Revision(advice: "")
        for (name, body) in zip(sections.names, sections.bodies) {
            if refused(name) {
                revision.past[String(name.dropFirst(pastMark.count))] = body
            } else if name == "hint_" || hasPast && name == "feedback" {
                revision.advice += body + "\n"
            } else {
                inputs.append(name, body)
            }
        }
        let saysNothing = revision.past.isEmpty && ["", "N/A"].contains(trimmed(revision.advice))
        return (inputs, saysNothing ? nil : revision)
    }
}
