/// A field's name as words: `camelCaseText` → `Camel Case Text`, `text2number` → `Text 2 Number`, `userID` → `User ID`.
func humanisedName(_ name: String) -> String {
    // DSPy's four regular expressions, in its order; each acts on the result of the one before. By hand: every field of every
    // signature gets its prefix here, and the engine for regular expressions takes a millisecond for each.
    var scalars = Array(name.unicodeScalars)
    scalars = separated(scalars) {
        $1.isUpper && ($2?.isLower ?? false)
    } extending: {
        $0.isLower
    }
    scalars = separated(scalars) { first, second, _ in (first.isLower || first.isDecimal) && second.isUpper }
    scalars = separated(scalars) { first, second, _ in (first.isLower || first.isUpper) && second.isDecimal }
    scalars = separated(scalars) { first, second, _ in first.isDecimal && (second.isLower || second.isUpper) }
    let words = scalars.split(separator: "_", omittingEmptySubsequences: false).map { $0.text }
    return words.map { word in
        let isAcronym = word == word.uppercased() && word != word.lowercased()
        return isAcronym ? word : word.prefix(1).uppercased() + word.dropFirst().lowercased()
    }.joined(separator: " ")
}

/// `scalars` with an underscore between neighbours, found from left to right without overlap, for which `isBoundary` holds (its
/// third argument is the scalar after the two); a match also takes what follows it and satisfies `isTail`.
private func separated(
    _ scalars: [Unicode.Scalar], at isBoundary: (Unicode.Scalar, Unicode.Scalar, Unicode.Scalar?) -> Bool,
    extending isTail: (Unicode.Scalar) -> Bool = { _ in false }
) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < scalars.count {
        result.append(scalars[index])
        index += 1
        guard index < scalars.count,
            isBoundary(scalars[index - 1], scalars[index], index + 1 < scalars.count ? scalars[index + 1] : nil)
        else { continue }
        result += ["_", scalars[index]]
        index += 1
        while index < scalars.count, isTail(scalars[index]) {
            result.append(scalars[index])
            index += 1
        }
    }
    return result
}

extension Unicode.Scalar {
    fileprivate var isLower: Bool { ("a"..."z").contains(self) }
    fileprivate var isUpper: Bool { ("A"..."Z").contains(self) }
    fileprivate var isDecimal: Bool { isDigit || properties.numericType == .decimal }
}
