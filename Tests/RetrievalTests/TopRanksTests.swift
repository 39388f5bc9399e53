import Testing

@testable import Retrieval

struct TopRanksTests {
    @Test(arguments: [0, 1, 2, 7, 100, 500])
    func keepsTheBest(limit: Int) {
        var generator = Xorshift(state: 3)
        let ranks = (0..<200).map { Rank(number: Int32($0), score: Double(Int.random(in: 0..<20, using: &generator))) }
        var top = TopRanks(limit: limit)
        for rank in ranks.shuffled(using: &generator) { top.offer(rank) }
        #expect(top.sorted == Array(ranks.sorted { $0.isBetter(than: $1) }.prefix(limit)))
    }
}
