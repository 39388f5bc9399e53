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

    @Test func whatIsUnconfirmedCountsAgainstTheLimit() {
        let document: JSON = [
            "budget": ["lm_calls": 100, "tokens": .null, "usd": 1.0, "wall_s": .null, "roles": ["judge": ["usd": 0.5]]],
            "used": ["lm_calls": 50, "tokens": 1_000, "usd": 0.5, "wall_s": 72.0],
            "unconfirmed": ["lm_calls": 10, "tokens": 500, "usd": 0.25], "reserved": ["lm_calls": 0, "tokens": 0, "usd": 0.0],
            "roles": [
                "judge": [
                    "used": ["lm_calls": 5, "tokens": 100, "usd": 0.25], "unconfirmed": ["lm_calls": 0, "tokens": 0, "usd": 0.0],
                ]
            ],
        ]
        #expect(
            BudgetTable(style: .plain).lines(document) == [
                "                 used  unconfirmed        of",
                "calls              50           10       100  60.0 %",
                "tokens           1000          500  no limit",
                "dollars         $0.50        $0.25     $1.00  75.0 %",
                "time           1m 12s               no limit",
                "judge dollars   $0.25      $0.0000     $0.50  50.0 %",
                "unconfirmed: sent by workers that died, or without an answer; counted at the worst case",
            ])
    }

    @Test func oneRoleIsShownAlone() {
        let used: JSON = ["lm_calls": 5, "tokens": 100, "usd": 0.25]
        let none: JSON = ["lm_calls": 0, "tokens": 0, "usd": 0.0]
        let document: JSON = [
            "role": "judge", "budget": ["lm_calls": .null, "tokens": .null, "usd": 0.5], "used": used, "unconfirmed": none,
            "reserved": none, "roles": ["judge": ["used": used, "unconfirmed": none, "reserved": none]],
        ]
        #expect(
            BudgetTable(style: .plain).lines(document) == [
                "                used        of",
                "judge calls        5  no limit",
                "judge tokens     100  no limit",
                "judge dollars  $0.25     $0.50  50.0 %",
            ])
    }

    /// What is needed is never told as less than it is: it would be refused again.
    @Test(arguments: [
        (0.8512, "$0.86"), (0.85, "$0.85"), (0.00501, "$0.0051"), (0.0996, "$0.0996"), (0.09999, "$0.1000"), (12.001, "$12.01"),
    ])
    func whatIsNeededIsRoundedUp(value: Double, text: String) { #expect(value.dollarsUp == text) }

    @Test func anEstimateIsARange() {
        func figures(_ calls: Int, _ usd: JSON) -> JSON {
            ["calls": .int(calls), "tokens": .int(calls * 100), "usd": usd, "wall_s": 60.0]
        }
        let document: JSON = [
            "estimate": ["low": figures(10, .null), "likely": figures(20, .null), "high": figures(40, .null)],
            "by_role": ["prompt": ["calls": 5], "task": ["calls": 15]], "unpriced": ["openai/sim"],
            "assumed": ["call_s": 1.0, "in_flight": 32],
        ]
        #expect(
            EstimateTable(style: .plain).lines(document) == [
                "estimate      low   likely     high",
                "calls          10       20       40",
                "tokens       1000     2000     4000",
                "dollars   unknown  unknown  unknown",
                "time       1m 00s   1m 00s   1m 00s",
                "calls by role: prompt 5, task 15",
                "no price is known for openai/sim: add it to the file of prices (NIGHTSHIFT_PRICES, else ~/.config/nightshift/prices.json)",
                "time: at 1 s a call and 32 in flight; what the cache answers costs nothing",
            ])
    }
}
