import Randomness
import Testing

@Suite struct KeyedGeneratorTests {
    @Test func theSameKeyGivesTheSameNumbers() {
        var first = KeyedGenerator(seed: 9, purpose: "propose", index: 3)
        var second = KeyedGenerator(seed: 9, purpose: "propose", index: 3)
        for _ in 0..<100 { #expect(first.next() == second.next()) }
    }

    /// Computed by a separate implementation; a change here changes every study's trials.
    @Test func numbersAreFrozen() {
        var generator = KeyedGenerator(seed: 9, purpose: "frozen", index: 0)
        #expect((0..<3).map { _ in generator.next() } == frozenWords)
        #expect(generator.shuffled(Array(0..<8)) == frozenShuffle)
    }

    @Test func everyPartOfTheKeyMatters() {
        let keys: [(UInt64, String, Int)] = [
            (0, "a", 0), (1, "a", 0), (0, "b", 0), (0, "a", 1), (0, "a", -1), (0, "", 0), (0, "a/1", 0),
            (UInt64.max, "a", Int.max),
        ]
        var seen = Set<UInt64>()
        for (seed, purpose, index) in keys {
            var generator = KeyedGenerator(seed: seed, purpose: purpose, index: index)
            seen.insert(generator.next())
        }
        #expect(seen.count == keys.count)
    }

    @Test func neighbouringKeysAreIndependent() {
        // The first draw over 4 000 consecutive indices: mean 1/2 within five standard errors, no serial correlation.
        let draws = (0..<4000).map { index in
            var generator = KeyedGenerator(seed: 1, purpose: "neighbours", index: index)
            return generator.uniform() - 0.5
        }
        let mean = draws.reduce(0, +) / 4000
        let correlation = zip(draws, draws.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / 3999 * 12
        #expect(abs(mean) < 5 * 0.2887 / 4000.0.squareRoot())
        #expect(abs(correlation) < 5 / 4000.0.squareRoot())
    }

    @Test(arguments: [1, 2, 3, 6, 10])
    func belowIsUniform(bound: Int) {
        var generator = KeyedGenerator(seed: 4, purpose: "below", index: bound)
        var counts = [Int](repeating: 0, count: bound)
        let draws = 20_000
        for _ in 0..<draws { counts[generator.below(bound)] += 1 }
        let expected = Double(draws) / Double(bound)
        let chiSquare = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect(chiSquare < 35)  // beyond the 99.99 % point of nine degrees of freedom
    }

    @Test func shufflesAndSamplesAreOfTheElements() {
        var generator = KeyedGenerator(seed: 5, purpose: "sample")
        #expect(generator.shuffled(Array(0..<50)).sorted() == Array(0..<50))
        let sample = generator.sample(12, of: Array(0..<50))
        #expect(Set(sample).count == 12)
        #expect(generator.sample(9, of: [1, 2, 3]).sorted() == [1, 2, 3])
        #expect(generator.sample(-1, of: [1]).isEmpty)
        #expect(generator.sample(3, of: [Int]()).isEmpty)
        #expect(generator.shuffled([7]) == [7])
    }

    @Test func everySampleIsEquallyLikely() {
        var generator = KeyedGenerator(seed: 6, purpose: "pairs")
        var counts: [[Int]: Int] = [:]
        for _ in 0..<12_000 { counts[generator.sample(2, of: [0, 1, 2, 3]), default: 0] += 1 }
        #expect(counts.count == 12)
        #expect(counts.values.allSatisfy { abs($0 - 1000) < 160 })
    }
}

private let frozenWords: [UInt64] = [0x562A_4449_D8D9_F0DF, 0x4D35_C37D_4A73_F791, 0xA673_BC87_3142_6294]
private let frozenShuffle = [2, 3, 0, 6, 5, 1, 7, 4]
