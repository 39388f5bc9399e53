/// Text measured in the columns of a terminal. ANSI sequences take none, wide characters two.
extension String {
    var columns: Int {
        var scan = ColumnScan()
        return reduce(0) { $0 + scan.columns(of: $1) }
    }

    /// Cut to `width` columns, the last of which is an ellipsis where something was cut.
    func truncated(to width: Int) -> String {
        guard width > 0 else { return "" }
        guard columns > width else { return self }
        var (text, used, scan, isDecorated) = ("", 0, ColumnScan(), false)
        for character in self {
            let columns = scan.columns(of: character)
            if used + columns > width - 1 { break }
            isDecorated = isDecorated || scan.isInSequence
            text.append(character)
            used += columns
        }
        return text + "…" + (isDecorated ? "\u{1B}[0m" : "")
    }

    /// Filled with spaces up to `width` columns.
    func padded(to width: Int, _ alignment: Table.Alignment = .left) -> String {
        let filling = String(repeating: " ", count: Swift.max(0, width - columns))
        return alignment == .left ? self + filling : filling + self
    }

    /// One line: line breaks and runs of spaces become single spaces, control characters vanish.
    var singleLine: String {
        split { $0.isWhitespace }.map { $0.filter { !$0.isControl } }.joined(separator: " ")
    }

    /// The text's lines without control characters, so that what a model wrote cannot steer the terminal.
    var displayLines: [String] {
        split(omittingEmptySubsequences: false) { $0.isNewline }.map { line in
            String(line.map { $0 == "\t" ? " " : $0 }.filter { !$0.isControl })
        }
    }
}

extension Character {
    fileprivate var isControl: Bool { unicodeScalars.contains { $0.properties.generalCategory == .control } }
}

/// Walks over text, telling what each character takes.
private struct ColumnScan {
    private(set) var isInSequence = false

    mutating func columns(of character: Character) -> Int {
        if isInSequence {
            // `ESC [ parameters letter`: the letter ends it.
            if character.isASCII, character.isLetter { isInSequence = false }
            return 0
        }
        if character == "\u{1B}" {
            isInSequence = true
            return 0
        }
        guard let scalar = character.unicodeScalars.first else { return 0 }
        if scalar.properties.generalCategory == .control { return 0 }
        return Self.isWide(scalar) || character.unicodeScalars.contains("\u{FE0F}") ? 2 : 1
    }

    /// The main wide and full-width ranges of Unicode's East Asian Width (UAX #11), and emoji.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            true
        default: scalar.properties.isEmojiPresentation
        }
    }
}
