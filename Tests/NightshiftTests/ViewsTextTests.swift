import Testing

@testable import Nightshift

@Suite("Numbers and columns of text")
struct ViewsTextTests {
    @Test(arguments: [
        (0.473, "47.3 %"), (1, "100.0 %"), (0, "0.0 %"), (0.00049, "0.0 %"), (0.0005, "0.1 %"), (0.9999, "100.0 %"),
        (Double.nan, "– %"),
    ])
    func percentages(value: Double, text: String) { #expect(value.percent == text) }

    @Test(arguments: [(0.158, "+15.8"), (-0.0041, "-0.4"), (0.0001, "0.0"), (-0.0001, "0.0"), (0, "0.0")])
    func gains(value: Double, text: String) { #expect(value.points == text) }

    @Test(arguments: [
        (0.04, "0.0s"), (2.04, "2.0s"), (9.94, "9.9s"), (9.96, "10s"), (59.4, "59s"), (59.6, "1m 00s"), (72, "1m 12s"),
        (3599.7, "1h 00m"),
        (7500, "2h 05m"), (273_600, "3d 04h"), (-1, "0.0s"), (Double.infinity, "–"),
    ])
    func durations(value: Double, text: String) { #expect(value.duration == text) }

    @Test func counts() {
        #expect([0, 999, 1000, 1_234_567, -12_345].map(\.grouped) == ["0", "999", "1,000", "1,234,567", "-12,345"])
        #expect(
            [9999, 10_000, 999_949, 999_950, 1_240_000, 2_500_000_000].map(\.short) == [
                "9999", "10.0k", "999.9k", "1.0M", "1.2M", "2.5G",
            ])
        #expect([0, 1, 2].map { $0.counted("unit") } == ["0 units", "1 unit", "2 units"])
    }

    @Test func columnsSkipColoursAndCountWideCharacters() {
        #expect(Style.coloured.bold("abc").columns == 3)
        #expect("日本 ok".columns == 7)
        #expect("e\u{301}".columns == 1)
        #expect("🙂".columns == 2)
    }

    @Test func truncationCountsColumnsAndEndsColours() {
        #expect("abcdef".truncated(to: 6) == "abcdef")
        #expect("abcdef".truncated(to: 4) == "abc…")
        #expect("日本語".truncated(to: 4) == "日…")
        #expect("abc".truncated(to: 0) == "")
        #expect(Style.coloured.bold("abcdef").truncated(to: 4) == "\u{1B}[1mabc…\u{1B}[0m")
    }

    @Test func foreignTextCannotSteerTheTerminal() {
        #expect("a\n b\t\u{1B}[2Jc".singleLine == "a b [2Jc")
        #expect("one\r\ntwo\u{1B}[2J\n".displayLines == ["one", "two[2J", ""])
    }

    @Test func tablesAlignAndGiveWayInTheFlexibleColumn() {
        let table = Table(
            columns: [.init(title: "n", alignment: .right), .init(title: "what", isFlexible: true), .init(title: "end")],
            rows: [["1", "a long description", "x"], ["20", "b", ""]])
        #expect(table.lines(style: .plain) == [" n  what                end", " 1  a long description  x", "20  b"])
        #expect(table.lines(width: 20, style: .plain) == [" n  what         end", " 1  a long des…  x", "20  b"])
        #expect(table.lines(width: 10, style: .plain) == [" n  what …", " 1  a lon…", "20  b"])
    }
}
