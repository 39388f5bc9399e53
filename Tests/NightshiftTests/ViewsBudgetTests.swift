import JSON
import Testing

@testable import Nightshift

@Suite("What a study may spend")
struct ViewsBudgetTests {
    @Test func aLineForEachKind() {
        let document: JSON = [
            "budget": ["lm_calls": 20_000, "tokens": .null, "usd": 15.0, "wall_s": 32_400.0],
            "used": ["lm_calls": 5_000, "tokens": 1_240_000, "usd": .null, "wall_s": 72.0],
        ]
        let lines = BudgetTable(style: .plain).lines(document)
        #expect(
            lines == [
                "            used        of",
                "calls      5,000    20,000  25.0 %",
                "tokens      1.2M  no limit",
                "dollars  unknown    $15.00",
                "time      1m 12s    9h 00m   0.2 %",
            ])
    }
}
