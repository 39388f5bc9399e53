import Testing

@testable import Worker

@Suite struct ReconciliationTests {
    @Test func onlyWhatIsUnknownTwiceIsGivenBack() {
        var reconciliation = Reconciliation()
        func orphans(_ held: [(Int, Int)], known: Set<Int>) -> [Int] {
            reconciliation.orphans(held: held.map { (unit: $0.0, attempt: $0.1) }, isKnown: known.contains).map(\.unit)
        }
        #expect(orphans([(1, 1), (2, 1), (3, 1)], known: [1]) == [])
        #expect(orphans([(1, 1), (2, 1), (3, 2)], known: [1]) == [2], "3 was leased again meanwhile")
        #expect(orphans([(3, 2)], known: []) == [3])
        #expect(orphans([], known: []) == [])
        #expect(orphans([(3, 2)], known: []) == [], "what was settled in between begins anew")
    }
}
