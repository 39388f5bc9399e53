import Testing

@testable import Studies

@Suite struct DurationTests {
    @Test(arguments: [
        ("9h", 9 * 3600.0), ("30m", 1800), ("60s", 60), ("500ms", 0.5), ("1d", 86400), ("1h30m", 5400), ("1.5h", 5400),
    ])
    func durationsHaveUnits(text: String, seconds: Double) {
        #expect(Duration(parsing: text) == .seconds(seconds))
    }

    @Test(arguments: ["", "9", "h", "9 h", "-1h", "9hours", "1h 30m", "9H", "999999999999d", "1e3s"])
    func otherTextIsRefused(text: String) {
        #expect(Duration(parsing: text) == nil)
    }
}
