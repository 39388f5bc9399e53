/// A field's name as words: `camelCaseText` → `Camel Case Text`, `text2number` → `Text 2 Number`, `userID` → `User ID`.
func humanisedName(_ name: String) -> String {
    // DSPy's four regular expressions, in its order; each acts on the result of the one before.
    let words =
        name
        .replacing(#/(.)([A-Z][a-z]+)/#) { "\($0.1)_\($0.2)" }
        .replacing(#/([a-z0-9])([A-Z])/#) { "\($0.1)_\($0.2)" }
        .replacing(#/([a-zA-Z])(\d)/#) { "\($0.1)_\($0.2)" }
        .replacing(#/(\d)([a-zA-Z])/#) { "\($0.1)_\($0.2)" }
        .split(separator: "_", omittingEmptySubsequences: false)
    return words.map { word in
        let isAcronym = word == word.uppercased() && word != word.lowercased()
        return isAcronym ? String(word) : word.prefix(1).uppercased() + word.dropFirst().lowercased()
    }.joined(separator: " ")
}
