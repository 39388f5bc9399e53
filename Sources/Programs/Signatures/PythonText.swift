internal import JSON

// Python's text functions, scalar by scalar: Swift's characters would join `\r\n` and combining marks.

/// A value as Python's `str()` prints it: `True`, `None`, `3.5`; lists and objects as JSON with spaces.
func pythonText(of value: JSON) -> String {
    switch value {
    case .null: "None"
    case .bool(let flag): flag ? "True" : "False"
    case .string(let text): text
    default: value.serialized(.python)
    }
}

extension Unicode.Scalar {
    /// `str.isspace`.
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    var isDigit: Bool { ("0"..."9").contains(self) }

    /// `str.isalpha`.
    var isPythonLetter: Bool {
        if isASCII { return ("a"..."z").contains(self) || ("A"..."Z").contains(self) }
        return switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    /// `str.isalnum`.
    var isPythonAlphanumeric: Bool { isDigit || isPythonLetter || (!isASCII && properties.numericType != nil) }

    /// Where `str.splitlines` breaks.
    var isPythonLineBreak: Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}

extension Sequence<Unicode.Scalar> {
    /// The scalars as a string.
    var text: String {
        // Appending through a String's view may copy the whole of it each time.
        var view = String.UnicodeScalarView()
        view.append(contentsOf: self)
        return String(view)
    }
}

extension StringProtocol {
    /// `str.strip()`.
    var pythonStripped: String {
        let scalars = Substring(self).unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.isPythonSpace }),
            let last = scalars.lastIndex(where: { !$0.isPythonSpace })
        else { return "" }
        return String(scalars[first...last])
    }

    /// `str.rstrip()`.
    var pythonRightStripped: String {
        let scalars = Substring(self).unicodeScalars
        return scalars.lastIndex { !$0.isPythonSpace }.map { String(scalars[...$0]) } ?? ""
    }

    /// `str.lstrip()`.
    var pythonLeftStripped: String { unicodeScalars.drop(while: \.isPythonSpace).text }

    /// Whether this is one line of printable ASCII that begins with no blank, which all these functions leave as it is: most
    /// instructions are, and every prompt asks.
    private var isPlainLine: Bool {
        guard let first = utf8.first, first != 0x20 else { return false }
        return utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// `str.splitlines()`.
    var pythonLines: [String] {
        if isPlainLine { return [String(self)] }
        let scalars = Substring(self).unicodeScalars
        var lines: [String] = []
        var start = scalars.startIndex
        var position = start
        while position < scalars.endIndex {
            let scalar = scalars[position]
            let next = scalars.index(after: position)
            guard scalar.isPythonLineBreak else {
                position = next
                continue
            }
            lines.append(String(scalars[start..<position]))
            let isPair = scalar == "\r" && next < scalars.endIndex && scalars[next] == "\n"
            position = isPair ? scalars.index(after: next) : next
            start = position
        }
        return start < scalars.endIndex ? lines + [String(scalars[start...])] : lines
    }

    /// `str.split("\n")`.
    var newlineSeparated: [String] {
        Substring(self).utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { String(Substring($0)) }
    }

    /// `str.replace` for one scalar.
    func replacing(scalar: Unicode.Scalar, with replacement: String) -> String {
        var view = String.UnicodeScalarView()
        for next in unicodeScalars {
            if next == scalar { view.append(contentsOf: replacement.unicodeScalars) } else { view.append(next) }
        }
        return String(view)
    }

    func contains(scalar: Unicode.Scalar) -> Bool { unicodeScalars.contains(scalar) }

    /// `str.title()`: upper case after anything that has no case.
    var pythonTitle: String {
        var followsCased = false
        return unicodeScalars.reduce(into: "") { text, scalar in
            text += followsCased ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            followsCased = scalar.properties.isCased
        }
    }

    /// `inspect.cleandoc`: the common indent of all lines but the first goes, as do blank lines at both ends.
    var pythonDocumentationText: String {
        if isPlainLine { return String(self) }
        var lines = expandingTabs.newlineSeparated
        func indent(_ line: String) -> Int { line.unicodeScalars.prefix { $0.isPythonSpace }.count }
        let margin = lines.dropFirst().filter { !$0.pythonStripped.isEmpty }.map(indent).min() ?? 0
        for index in lines.indices {
            let line = lines[index]
            lines[index] = index == 0 ? line.pythonLeftStripped : line.unicodeScalars.dropFirst(margin).text
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        while lines.first?.isEmpty == true { lines.removeFirst() }
        return lines.joined(separator: "\n")
    }

    /// `str.expandtabs(8)`.
    private var expandingTabs: String {
        guard utf8.contains(UInt8(ascii: "\t")) else { return String(self) }
        var column = 0
        var view = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar {
            case "\t":
                let width = 8 - column % 8
                view.append(contentsOf: repeatElement(" ", count: width))
                column += width
            case "\n", "\r":
                view.append(scalar)
                column = 0
            default:
                view.append(scalar)
                column += 1
            }
        }
        return String(view)
    }

    /// `textwrap.dedent`: blank lines are emptied and the common leading blanks of the others go.
    var dedented: String {
        if isPlainLine { return String(self) }
        func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }
        let lines = newlineSeparated.map { $0.unicodeScalars.allSatisfy(isBlank) ? "" : $0 }
        var margin: [Unicode.Scalar]?
        for line in lines where !line.isEmpty {
            let indent = Array(line.unicodeScalars.prefix(while: isBlank))
            margin = margin.map { known in zip(known, indent).prefix { $0 == $1 }.map(\.0) } ?? indent
        }
        let width = margin?.count ?? 0
        return lines.map { $0.unicodeScalars.dropFirst(width).text }.joined(separator: "\n")
    }
}
